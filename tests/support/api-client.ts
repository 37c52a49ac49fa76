import { setTimeout as sleep } from 'node:timers/promises'
import type { VideoView } from '#lib/domain/video-view'
import type { RunningPeekr } from './server.ts'

const SETTLED_MS = 60_000

/** Makes the first administrator. @returns the session's cookie */
export async function becomeAdmin({ url, setupCode }: RunningPeekr): Promise<string> {
  const body = {
    code: setupCode,
    email: 'admin@example.org',
    name: 'Admin',
    password: 'correct horse battery',
  }
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const response = await fetch(`${url}/api/setup`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (response.status !== 201)
    throw new Error(`The setup answered ${response.status}: ${await response.text()}`)
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

/** One's own videos that came from a file of this name. */
export async function findOwnVideos(url: string, cookie: string, filename: string): Promise<VideoView[]> {
  const response = await fetch(`${url}/api/videos?mine=1&limit=100`, { headers: { cookie } })
  const { items } = (await response.json()) as { items: VideoView[] }
  return items.filter((video) => video.source.filename === filename)
}

/** The hash of a video's ingested file, as soon as it is known; null when it failed or a minute has passed. */
export async function waitForHash(url: string, videoId: string, cookie: string): Promise<string | null> {
  for (const deadlineMs = Date.now() + SETTLED_MS; Date.now() < deadlineMs; await sleep(100)) {
    const response = await fetch(`${url}/api/videos/${videoId}`, { headers: { cookie } })
    const video = (await response.json()) as VideoView
    if (video.source.sha256) return video.source.sha256
    if (video.state === 'failed') return null
  }
  return null
}

/** Deletes a video, so that its encoding does not slow down what comes after it. */
export async function deleteVideo(url: string, videoId: string, cookie: string): Promise<void> {
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  const response = await fetch(`${url}/api/videos/${videoId}`, { method: 'DELETE', headers })
  if (!response.ok) throw new Error(`Deleting ${videoId} answered ${response.status}.`)
}
