import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { createApiToken } from '#lib/auth/api-tokens'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UserModel } from '#lib/db/models/user'
import { createId } from '#lib/domain/id'
import type { Role, Scope } from '#lib/domain/permissions'
import { configureLog } from '#lib/log'
import { forgetSingleton, singleton } from '#lib/singleton'
import { handleUpload } from '#lib/upload/handle-upload'
import { uploadFilePath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { uploadResponse } from '#lib/upload/upload-response'

export type Door = 'front door' | 'route handler'
export const DOORS: Door[] = ['front door', 'route handler']

/** What a process keeps of one data folder; the next world has another. */
const PER_PROCESS = [
  'jobs.library',
  'jobs.low-water',
  'upload.tus',
  'upload.locker',
  'upload.leases',
  'upload.sweep',
]

export interface UploadTest {
  dataPath: string
  /** Origin of each door. */
  origins: Record<Door, string>
  /** Settings to be put in place of those in force. */
  configure(settings: Record<string, string>): void
  close(): Promise<void>
}

/** A data folder, a database and both doors to uploads for one test file. `close` leaves nothing behind. */
export async function openUploadTest(options: { dataPath?: string } = {}): Promise<UploadTest> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-upload-'))
  const dataPath = options.dataPath ?? folder
  const given = process.env.MONGODB_URI
  const uri = given ? new URL(given) : null
  if (uri) uri.pathname = `/peekr-upload-${randomBytes(6).toString('hex')}`
  const base = {
    PEEKR_DATA: dataPath,
    PEEKR_RESERVE: '0',
    ...(uri && { MONGODB_URI: uri.href }),
  }
  const configure = (settings: Record<string, string>) => {
    forgetSingleton('config')
    singleton('config', () => parseConfig({ ...base, ...settings }))
  }
  configure({})
  configureLog('silent')
  await connectDatabase()
  const servers = [await listen(handleUpload), await listen(webDoor)]
  const [node, web] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    dataPath,
    origins: { 'front door': node ?? '', 'route handler': web ?? '' },
    configure,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
      await getUploadLeases().close()
      for (const name of PER_PROCESS) forgetSingleton(name)
      await mongoose.connection.dropDatabase()
      await disconnectDatabase()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function listen(handler: RequestListener): Promise<Server> {
  const server = createServer(handler)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** A route handler's view of a Node request, as any framework makes it. */
const webDoor: RequestListener = async (req, res) => {
  const hasBody = req.method !== 'GET' && req.method !== 'HEAD'
  const request = new Request(`http://${req.headers.host}${req.url}`, {
    method: req.method,
    headers: Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(hasBody && { body: Readable.toWeb(req) as ReadableStream, duplex: 'half' }),
  } as RequestInit)
  const response = await uploadResponse(request)
  res.writeHead(response.status, Object.fromEntries(response.headers))
  res.end(await response.text())
}

/** The Authorization header of a new account. */
export async function makeUploader(
  role: Role = 'uploader',
  scopes?: Scope[],
): Promise<{ userId: string; authorization: string }> {
  const userId = createId()
  const name = `The ${role}`
  await UserModel.create({ _id: userId, email: `${userId}@example.org`, name, role, passwordHash: 'none' })
  const { token } = await createApiToken({ userId, name: 'test', scopes })
  return { userId, authorization: `Bearer ${token}` }
}

export interface TusAnswer {
  status: number
  headers: Headers
  /** The code of an error answer. */
  code: string | null
  message: string | null
}

/** One tus request. Headers given override the protocol's own; null leaves one out. */
export async function callTus(
  url: string,
  method: string,
  options: { headers?: Record<string, string | null>; body?: Uint8Array | ReadableStream } = {},
): Promise<TusAnswer> {
  const headers = new Headers({ 'tus-resumable': '1.0.0' })
  if (method === 'PATCH') headers.set('content-type', 'application/offset+octet-stream')
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  }
  const { body } = options
  const response = await fetch(url, { method, headers, ...(body && { body, duplex: 'half' }) } as RequestInit)
  const text = await response.text()
  const error = text === '' ? null : JSON.parse(text).error
  return {
    status: response.status,
    headers: response.headers,
    code: error?.code ?? null,
    message: error?.message ?? null,
  }
}

/** Creates an upload and returns its URL and id. */
export async function createTusUpload(
  origin: string,
  authorization: string,
  sizeBytes: number,
  metadata: Record<string, string> = { filename: 'clip.mp4' },
): Promise<{ url: string; uploadId: string; videoId: string }> {
  const answer = await callTus(`${origin}/api/uploads`, 'POST', {
    headers: {
      authorization,
      'upload-length': String(sizeBytes),
      'upload-metadata': encodeMetadata(metadata),
    },
  })
  if (answer.status !== 201) throw new Error(`creation answered ${answer.status} ${answer.message}`)
  const location = answer.headers.get('location') ?? ''
  return {
    url: origin + location,
    uploadId: location.split('/').at(-1) ?? '',
    videoId: answer.headers.get('peekr-video-id') ?? '',
  }
}

export function encodeMetadata(metadata: Record<string, string>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')
}

export function patchTus(
  url: string,
  authorization: string,
  offset: number,
  body: Uint8Array,
): Promise<TusAnswer> {
  return callTus(url, 'PATCH', { headers: { authorization, 'upload-offset': String(offset) }, body })
}

/** What the server says it has. */
export async function headOffset(url: string, authorization: string): Promise<number> {
  const answer = await callTus(url, 'HEAD', { headers: { authorization } })
  if (answer.status !== 200) throw new Error(`HEAD answered ${answer.status}`)
  return Number(answer.headers.get('upload-offset'))
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Resolves once the server has written this much of an upload; a loaded machine takes its time. */
export async function untilWritten(uploadId: string, sizeBytes: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if ((await readUpload(uploadId)).length >= sizeBytes) return
    await sleep(50)
  }
  throw new Error(`The server did not write ${sizeBytes} bytes within 10 s.`)
}

export function readUpload(uploadId: string): Promise<Buffer> {
  return readFile(uploadFilePath(uploadId))
}
