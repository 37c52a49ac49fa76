import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { after, before } from 'node:test'
import { getConfig } from '#lib/config'
import { databaseUri } from '#lib/db/connect'
import { makeUploader, openUploadTest, type UploadTest } from './upload-test.ts'

export interface UploadWorld extends UploadTest {
  /** Of an uploader made with it. */
  userId: string
  authorization: string
  /** Another process that takes uploads, on the same data and database. It is killed with the world. */
  startServer(settings?: Record<string, string>): Promise<UploadServer>
}

export interface UploadServer {
  origin: string
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
}

/**
 * An upload test's world with an uploader, opened before the tests of this file or suite and closed after them.
 * @param setUp runs once it is open; hooks of a file of its own would run beside, not after
 */
export function openUploadWorld(setUp: (world: UploadWorld) => Promise<void> = async () => {}): UploadWorld {
  const world = {} as UploadWorld
  const servers: UploadServer[] = []
  before(async () => {
    const opened = await openUploadTest()
    const startServer = async (settings = {}) => {
      const server = await forkUploadServer(opened.dataPath, settings)
      servers.push(server)
      return server
    }
    Object.assign(world, opened, await makeUploader(), { startServer })
    await setUp(world)
  })
  after(async () => {
    for (const server of servers) await server.kill()
    await world.close?.()
  })
  return world
}

/** Runs support/upload-server.ts on the database of this process. */
export async function forkUploadServer(
  dataPath: string,
  settings: Record<string, string> = {},
): Promise<UploadServer & { pid: number }> {
  const child: ChildProcess = fork(new URL('./upload-server.ts', import.meta.url), {
    env: {
      ...process.env,
      PEEKR_DATA: dataPath,
      MONGODB_URI: getConfig().mongodbUri ?? (await databaseUri()),
      PEEKR_RESERVE: '0',
      PEEKR_LOG_LEVEL: 'silent',
      ...settings,
    },
  })
  const [port] = await once(child, 'message')
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** A PATCH of the bytes from `offset` to `end`; who opens it writes them, breaks it off, or leaves it hanging. */
export function openPatch(
  url: string,
  { authorization, offset, end }: { authorization: string; offset: number; end: number },
): ClientRequest {
  const patch = request(url, {
    method: 'PATCH',
    agent: false,
    headers: {
      authorization,
      'tus-resumable': '1.0.0',
      'content-type': 'application/offset+octet-stream',
      'upload-offset': offset,
      'content-length': end - offset,
    },
  })
  patch.on('error', () => {}) // being cut is the point
  return patch
}

/**
 * Sends bytes (PATCH). With a `lengthBytes` beyond them the request stays unfinished, until the server dies.
 * @returns the offset the server acknowledged; rejects when the connection breaks or the status is not 204
 */
export function sendChunk(
  url: string,
  chunk: { authorization: string; offset: number; bytes: Buffer; lengthBytes?: number },
): Promise<number> {
  const { authorization, offset, bytes, lengthBytes = bytes.length } = chunk
  const patch = openPatch(url, { authorization, offset, end: offset + lengthBytes })
  return new Promise((resolve, reject) => {
    patch.on('error', reject)
    patch.on('response', (response) => {
      response.resume()
      if (response.statusCode === 204) resolve(Number(response.headers['upload-offset']))
      else reject(new Error(`PATCH ${url} answered ${response.statusCode}.`))
    })
    if (lengthBytes > bytes.length) patch.write(bytes)
    else patch.end(bytes)
  })
}
