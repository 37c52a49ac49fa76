import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nginxSkip } from '../support/nginx-program.ts'
import { createTusUpload, makeUploader, openUploadTest } from '../support/upload-test.ts'
import { forkUploadServer } from '../support/upload-world.ts'
import { startNginx } from './nginx.ts'
import type { Measurement } from './serve.ts'
import { median } from './statistics.ts'
import { benchFinish } from './upload-finish.ts'

const SIZE_BYTES = 512 * 1024 ** 2
const CHUNK_SIZE_BYTES = 8 * 1024 ** 2
const ROUNDS = 5
const PIECE = Buffer.alloc(1024 ** 2, 'peekr')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/**
 * P8: the front door's upload handler in a process of its own against nginx's PUT, each followed by an fsync before
 * the answer counts, in turn, on memory where there is some (the disk would be all that is measured otherwise); then P9.
 */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  if (nginxSkip)
    throw new Error('This benchmark compares with nginx. Install it: apt-get install nginx-light')
  const dataPath = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'peekr-bench-upload-'))
  const world = await openUploadTest({ dataPath })
  const server = await forkUploadServer(dataPath, { PEEKR_LOG_LEVEL: 'warn' })
  const nginx = await startNginx({
    root: dataPath,
    workPath: join(dataPath, 'nginx'),
    pin: (command) => command,
  })
  try {
    const { authorization } = await makeUploader()
    const upload = (chunkBytes: number) =>
      uploadByTus({ origin: server.origin, authorization, dataPath, chunkBytes })
    const put = (chunkBytes: number) =>
      uploadByPut(`http://127.0.0.1:${nginx.port}/put`, dataPath, chunkBytes)
    for (const [metric, chunkBytes] of [
      ['upload.one.vs_nginx_put', SIZE_BYTES],
      ['upload.chunked8.vs_nginx_put', CHUNK_SIZE_BYTES],
    ] as const) {
      const samples: { peekr: number[]; nginx: number[] } = { peekr: [], nginx: [] }
      for (let round = 0; round <= ROUNDS; round++) {
        const peekr = await upload(chunkBytes)
        const plain = await put(chunkBytes)
        if (round === 0) continue // warms both up
        samples.peekr.push(peekr)
        samples.nginx.push(plain)
      }
      emit({
        metric,
        value: Number((median(samples.peekr) / median(samples.nginx)).toFixed(2)),
        unit: 'ratio',
        note: `MB/s, ${SIZE_BYTES / 1024 ** 2} MiB in pieces of ${chunkBytes / 1024 ** 2} MiB, at ${dataPath}`,
        samples,
        commands: { nginx: nginx.command.join(' '), peekr: 'handleUpload on node:http, in a child process' },
      })
    }
  } finally {
    agent.destroy()
    await server.kill()
    await nginx.stop()
    await world.close()
    await rm(dataPath, { recursive: true, force: true })
  }
  await benchFinish(emit)
}

/** MB/s of one upload from its creation to its last acknowledgement. */
async function uploadByTus(options: {
  origin: string
  authorization: string
  dataPath: string
  chunkBytes: number
}): Promise<number> {
  const { origin, authorization, dataPath, chunkBytes } = options
  const startedAtMs = performance.now()
  const { url, uploadId } = await createTusUpload(origin, authorization, SIZE_BYTES)
  for (let offset = 0; offset < SIZE_BYTES; offset += chunkBytes) {
    await send(url, 'PATCH', chunkBytes, {
      authorization,
      'tus-resumable': '1.0.0',
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    })
  }
  const result = speed(startedAtMs)
  await rm(join(dataPath, 'uploads', uploadId))
  return result
}

/** The same bytes as files of one chunk each, every one fsynced before the next. */
async function uploadByPut(url: string, rootPath: string, chunkBytes: number): Promise<number> {
  const startedAtMs = performance.now()
  for (let offset = 0; offset < SIZE_BYTES; offset += chunkBytes) {
    await send(`${url}/${offset}`, 'PUT', chunkBytes, {})
    const file = await open(join(rootPath, 'put', String(offset)))
    await file.sync()
    await file.close()
  }
  const result = speed(startedAtMs)
  await rm(join(rootPath, 'put'), { recursive: true })
  return result
}

async function send(
  url: string,
  method: string,
  sizeBytes: number,
  headers: Record<string, string>,
): Promise<void> {
  const outgoing = request(url, { method, agent, headers: { ...headers, 'content-length': sizeBytes } })
  const answered = once(outgoing, 'response')
  for (let sent = 0; sent < sizeBytes; sent += PIECE.length) {
    if (!outgoing.write(PIECE)) await once(outgoing, 'drain')
  }
  outgoing.end()
  const [answer] = await answered
  answer.resume()
  await once(answer, 'end')
  if (answer.statusCode >= 300) throw new Error(`${method} answered ${answer.statusCode}`)
}

function speed(startedAtMs: number): number {
  return Math.round(SIZE_BYTES / 1000 / (performance.now() - startedAtMs))
}
