import assert from 'node:assert/strict'
import type { BrowserContext, Page } from 'playwright'
import type { Role } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'

export const PASSWORD = 'a quiet river at noon'

/** A request as the signed-in visitor, as the pages make it. Throws for any answer but success. */
export async function callAs<T>(
  visitor: BrowserContext,
  url: string,
  path: string,
  { method = 'POST', body }: { method?: string; body?: object } = {},
): Promise<T> {
  const answer = await visitor.request.fetch(url + path, {
    method,
    headers: { origin: url },
    ...(body && { data: body }),
  })
  const text = await answer.text()
  assert.ok(answer.ok(), `${method} ${path} answered ${answer.status()}: ${text}`)
  return text === '' ? (undefined as T) : JSON.parse(text)
}

/** An account made by the administrator `admin`, with PASSWORD; returns its address and id. */
export async function addUser(
  admin: BrowserContext,
  url: string,
  { name, role }: { name: string; role: Role },
): Promise<{ id: string; email: string }> {
  const email = `${name.toLowerCase().replaceAll(/\W+/g, '.')}@example.org`
  return callAs(admin, url, '/api/admin/users', { body: { email, name, role, password: PASSWORD } })
}

/** Signs in on the page that asks for it. Where one comes to depends on what was asked for. */
export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The sample clip of the first-run page, once it is ready. */
export async function makeSample(admin: BrowserContext, url: string): Promise<VideoView> {
  const { videoId } = await callAs<{ videoId: string }>(admin, url, '/api/setup/sample', { body: {} })
  return waitForVideo(admin, url, videoId, (video) => video.state === 'ready')
}

/** The video as soon as it is as wanted. */
export async function waitForVideo(
  visitor: BrowserContext,
  url: string,
  videoId: string,
  isWanted: (video: VideoView) => boolean,
): Promise<VideoView> {
  for (const deadlineMs = Date.now() + 120_000; ; await new Promise((done) => setTimeout(done, 250))) {
    const video = await callAs<VideoView>(visitor, url, `/api/videos/${videoId}`, { method: 'GET' })
    if (isWanted(video)) return video
    assert.ok(Date.now() < deadlineMs, `the video is still ${JSON.stringify(video)}`)
  }
}

/** An upload that is created, of which `sentBytes` (fewer than `sizeBytes`) arrive; returns its video's id. */
export async function beginUpload(
  visitor: BrowserContext,
  url: string,
  { title, sizeBytes = 1000, sentBytes = 0 }: { title: string; sizeBytes?: number; sentBytes?: number },
): Promise<string> {
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const headers = { origin: url, 'Tus-Resumable': '1.0.0' }
  const answer = await visitor.request.post(`${url}/api/uploads`, {
    headers: {
      ...headers,
      'Upload-Length': String(sizeBytes),
      'Upload-Metadata': `filename ${encode(`${title}.mp4`)},title ${encode(title)}`,
    },
  })
  assert.equal(answer.status(), 201, await answer.text())
  const { location = '', 'peekr-video-id': videoId = '' } = answer.headers()
  if (sentBytes > 0) {
    await visitor.request.patch(new URL(location, url).href, {
      headers: { ...headers, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
      data: Buffer.alloc(sentBytes, 1),
    })
  }
  return videoId
}
