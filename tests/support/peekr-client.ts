import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobPage, JobView } from '#lib/domain/job-view'
import type { VideoView } from '#lib/domain/video-view'
import type { RunningPeekr } from './server.ts'
import { callTus, createTusUpload, patchTus } from './upload-test.ts'

export interface ApiAnswer<Body = Record<string, unknown>> {
  status: number
  headers: Headers
  body: Body
}

interface CallOptions {
  /** `Bearer …`; null for nobody in particular. The administrator's when left out. */
  authorization?: string | null
  json?: unknown
  /** Sent as it is, in place of `json`. */
  body?: string
  headers?: Record<string, string>
}

/** A script's view of a running server: REST and tus with a Bearer token. */
export interface PeekrClient {
  /** The server it talks to; replace it after a restart. */
  url: string
  /** The administrator's `Bearer …`. */
  authorization: string
  call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options?: CallOptions,
  ): Promise<ApiAnswer<Body>>
  /** Sends a file by tus, in one piece; returns its video's id. */
  upload(
    path: string,
    options?: { authorization?: string; metadata?: Record<string, string> },
  ): Promise<string>
  getVideo(videoId: string): Promise<VideoView>
  waitForEnd(videoId: string, timeoutMs?: number): Promise<VideoView>
  findJob(videoId: string, kind: JobView['kind']): Promise<JobView | null>
  /** The hash of a video's ingested file, as soon as it is known; null when it failed or a minute has passed. */
  waitForHash(videoId: string): Promise<string | null>
  /** One's own videos that came from a file of this name. */
  findOwnVideos(filename: string): Promise<VideoView[]>
  /** For good, so that its encoding does not slow down what comes after it. */
  deleteVideo(videoId: string): Promise<void>
  /** A new account's `Bearer …` and id. */
  makeUser(role: 'viewer' | 'uploader' | 'admin'): Promise<{ userId: string; authorization: string }>
}

const PASSWORD = 'correct horse battery'
const HASHED_MS = 60_000

/** Becomes the first administrator of a fresh server, with a token of every scope. */
export async function openPeekrClient(peekr: RunningPeekr): Promise<PeekrClient> {
  const client: PeekrClient = {
    url: peekr.url,
    authorization: '',
    async call(method, path, options = {}) {
      const authorization = options.authorization === undefined ? client.authorization : options.authorization
      const body = options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
      const response = await fetch(client.url + path, {
        method,
        headers: {
          ...(authorization && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(body !== undefined && { body }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? null : JSON.parse(text),
      }
    },
    async upload(path, { authorization = client.authorization, metadata } = {}) {
      const bytes = await readFile(path)
      const facts = { filename: basename(path), ...metadata }
      const { url, videoId } = await createTusUpload(client.url, authorization, bytes.length, facts)
      if (bytes.length > 0) {
        const sent = await patchTus(url, authorization, 0, bytes)
        if (sent.status !== 204) throw new Error(`PATCH answered ${sent.status} ${sent.message}`)
      } else await callTus(url, 'HEAD', { headers: { authorization } })
      return videoId
    },
    async getVideo(videoId) {
      const { status, body } = await client.call<VideoView>('GET', `/api/videos/${videoId}`)
      if (status !== 200) throw new Error(`GET video answered ${status}`)
      return body
    },
    async waitForEnd(videoId, timeoutMs = 90_000) {
      for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(100)) {
        const video = await client.getVideo(videoId)
        if (video.state === 'ready' || video.state === 'failed') return video
      }
      throw new Error(
        `Not ended within ${timeoutMs / 1000} s: ${JSON.stringify(await client.getVideo(videoId))}`,
      )
    },
    async findJob(videoId, kind) {
      const { body } = await client.call<JobPage>('GET', '/api/jobs?limit=100')
      return body.items.find((job) => job.video.id === videoId && job.kind === kind) ?? null
    },
    async waitForHash(videoId) {
      for (const deadlineMs = Date.now() + HASHED_MS; Date.now() < deadlineMs; await sleep(100)) {
        const { source, state } = await client.getVideo(videoId)
        if (source.sha256) return source.sha256
        if (state === 'failed') return null
      }
      return null
    },
    async findOwnVideos(filename) {
      const { body } = await client.call<{ items: VideoView[] }>('GET', '/api/videos?mine=1&limit=100')
      return body.items.filter(({ source }) => source.filename === filename)
    },
    async deleteVideo(videoId) {
      const { status } = await client.call('DELETE', `/api/videos/${videoId}`)
      if (status >= 300) throw new Error(`Deleting ${videoId} answered ${status}.`)
    },
    async makeUser(role) {
      const email = `${role}-${Math.random().toString(36).slice(2)}@example.org`
      const account = { email, name: `The ${role}`, role, password: PASSWORD }
      const { body } = await client.call<{ id: string }>('POST', '/api/admin/users', { json: account })
      const cookie = await signIn(client.url, email)
      return { userId: body.id, authorization: await makeToken(client.url, cookie) }
    },
  }
  const setup = {
    code: peekr.setupCode,
    email: 'admin@example.org',
    name: 'Admin',
    password: PASSWORD,
  }
  const answer = await client.call('POST', '/api/setup', { json: setup, authorization: null })
  if (answer.status !== 201) throw new Error(`The setup answered ${answer.status}`)
  client.authorization = await makeToken(client.url, toCookie(answer.headers))
  return client
}

async function makeToken(url: string, cookie: string): Promise<string> {
  const response = await fetch(`${url}/api/tokens`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ name: 'test' }),
  })
  const { token } = (await response.json()) as { token: string }
  return `Bearer ${token}`
}

/** As a browser signs in (next-auth): the CSRF token, then the form. */
async function signIn(url: string, email: string): Promise<string> {
  const csrf = await fetch(`${url}/api/auth/csrf`)
  const { csrfToken } = (await csrf.json()) as { csrfToken: string }
  const response = await fetch(`${url}/api/auth/callback/credentials`, {
    method: 'POST',
    headers: { cookie: toCookie(csrf.headers), 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ email, password: PASSWORD, csrfToken, json: 'true' }),
    redirect: 'manual',
  })
  await response.arrayBuffer()
  return toCookie(response.headers)
}

function toCookie(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}
