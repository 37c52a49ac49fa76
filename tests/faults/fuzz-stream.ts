import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { isStreamablePath } from '#lib/domain/media-paths'
import { makeClip } from '../support/make-clip.ts'
import { openPeekrClient } from '../support/peekr-client.ts'
import { startPeekr } from '../support/server.ts'
import { buildRandomStreamRequest } from './build-random-stream-request.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const SECRET = 'nobody may read this line'
const REQUESTS_PER_KILL = 500
const SIDE_BY_SIDE = 16
const ANSWER_MS = 10_000

/** Made-up paths and headers, sent as they are, to the front door and to the route handler. */
export const fuzzStream: FaultCase = {
  promise:
    'No path and no header under /stream gets a 500, no answer, or a byte from outside a revision, through either door.',
  async run({ seed, kills, onProgress }) {
    const folder = await mkdtemp(join(tmpdir(), 'peekr-faults-'))
    const dataPath = join(folder, 'data')
    const count = kills * REQUESTS_PER_KILL
    const figures: Record<string, number> = { 'requests to each door': count }
    const violations: string[] = []
    let peekr = await startPeekr({ dataPath })
    try {
      const client = await openPeekrClient(peekr)
      const clip = await makeClip({ folder, seconds: 2 })
      const bases: string[] = []
      const files: Buffer[] = []
      for (const visibility of ['public', 'private']) {
        const videoId = await client.upload(clip, { metadata: { visibility } })
        const { playback } = await client.waitForEnd(videoId)
        const base = playback?.hls.replace('/multivariant.m3u8', '') ?? ''
        const revision = join(dataPath, 'library', videoId, 'revisions', base.split('/').at(-1) ?? '')
        files.push(...(await readStreamable(revision)))
        for (const place of [revision, join(revision, '..'), join(dataPath, 'library', videoId), dataPath])
          await writeFile(join(place, 'secret.txt'), SECRET)
        bases.push(base)
      }
      for (const door of ['front door', 'route handler']) {
        if (door === 'route handler') {
          await peekr.stop()
          peekr = await startPeekr({ dataPath, env: { PEEKR_FRONT_DOOR: 'off' } })
        }
        const random = createRandom(seed)
        const statuses = new Map<number, number>()
        let sent = 0
        const send = async () => {
          while (sent < count) {
            sent += 1
            const request = buildRandomStreamRequest(random, bases)
            const { status, body } = await ask(peekr.port, request)
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
            const problem = findProblem(status, body, files)
            if (problem) violations.push(`${door}: ${problem}: ${JSON.stringify(request.slice(0, 400))}`)
          }
        }
        await Promise.all(Array.from({ length: SIDE_BY_SIDE }, send))
        for (const [status, times] of [...statuses].sort()) figures[`${door}, ${status}`] = times
        onProgress(`${count} requests to the ${door}`)
      }
    } finally {
      await peekr.stop()
      await rm(folder, { recursive: true, force: true })
    }
    return { figures, violations: violations.slice(0, 20) }
  },
}

async function readStreamable(revision: string): Promise<Buffer[]> {
  const entries = await readdir(revision, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const streamable = paths.filter((path) => isStreamablePath(relative(revision, path)))
  return Promise.all(streamable.map((path) => readFile(path)))
}

/** What is wrong with an answer, or null. Bytes that are sent are part of a file of a revision, or one compressed. */
function findProblem(status: number, body: Buffer, files: Buffer[]): string | null {
  if (status === 0) return 'no answer'
  if (status >= 500) return `answered ${status}`
  if (body.includes(SECRET)) return 'a file outside the revision was sent'
  if (status !== 200 && status !== 206) return null
  const plain = findPlain(body)
  const isKnown = plain.some((bytes) => files.some((file) => file.includes(bytes)))
  // Some spellings lead out of /stream, to pages and the API, which say so in HTML or JSON.
  const isPage = /^(?:<!DOCTYPE html>|\{"(?:items|ok|status|openapi)|[0-9]+:|:HL)/.test(
    body.subarray(0, 40).toString(),
  )
  return isKnown || isPage ? null : `answered ${status} with bytes of no file of the revision`
}

function findPlain(body: Buffer): Buffer[] {
  const decoders = [(bytes: Buffer) => bytes, gunzipSync, brotliDecompressSync]
  return decoders.flatMap((decode) => {
    try {
      return [decode(body)]
    } catch {
      return [] // it was not compressed that way
    }
  })
}

/** Sends text as it is. Status 0 stands for no answer in time; chunked bodies are put together. */
function ask(port: number, request: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    const settle = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(parseAnswer(Buffer.concat(pieces)))
    }
    const timer = setTimeout(settle, ANSWER_MS)
    socket
      .on('data', (piece) => pieces.push(piece))
      .on('error', settle)
      .on('close', settle)
    socket.write(Buffer.from(request, 'latin1'))
  })
}

function parseAnswer(answer: Buffer): { status: number; body: Buffer } {
  const end = answer.indexOf('\r\n\r\n')
  const head = answer.subarray(0, Math.max(0, end)).toString('latin1')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  const body = answer.subarray(end + 4)
  return { status, body: /^transfer-encoding: chunked$/im.test(head) ? joinChunks(body) : body }
}

function joinChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.subarray(at, end).toString('latin1'), 16)
    if (end === -1 || !(length > 0)) break
    chunks.push(body.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
  return Buffer.concat(chunks)
}
