import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requireTestMedia } from '../support/media.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { createUpload, findOffset, sendChunk } from '../support/tus-client.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const MIB = 1024 ** 2
const CHUNK_BYTES = 2 * MIB
const PADDING_BYTES_MAX = 24 * MIB
const INGEST_MS = 60_000

/** SIGKILL to the server at a random byte of an upload; then a restart, a resumption, and the stored file's hash. */
export const killDuringUpload: FaultCase = {
  promise:
    'A server killed at any byte of an upload loses none that it acknowledged, and the file arrives whole.',
  async run({ seed, kills, onProgress }) {
    const random = createRandom(seed)
    const folder = await mkdtemp(join(tmpdir(), 'peekr-faults-'))
    const figures = {
      kills: 0,
      'bytes lost that were acknowledged': 0,
      'wrong hashes': 0,
      'bytes sent twice, at most': 0,
    }
    const violations: string[] = []
    const clip = await readFile(await requireTestMedia('cup.mp4', folder))
    let peekr = await startPeekr({ dataPath: join(folder, 'data') })
    try {
      const { port, dataPath } = peekr
      const cookie = await becomeAdmin(peekr)
      for (; figures.kills < kills; figures.kills++) {
        const file = padClip(clip, Math.floor(random() * PADDING_BYTES_MAX), random)
        const killAt = 1 + Math.floor(random() * (file.length - 1))
        const upload = await createUpload(peekr.url, {
          cookie,
          sizeBytes: file.length,
          filename: `kill-${figures.kills}.mp4`,
        })
        const acknowledged = await sendUntil(upload.url, cookie, file, killAt, peekr)
        peekr = await startPeekr({ dataPath, port })
        const offset = await findOffset(upload.url, cookie)
        if (offset < acknowledged) {
          figures['bytes lost that were acknowledged'] += acknowledged - offset
          violations.push(
            `kill ${figures.kills} at byte ${killAt}: ${acknowledged} bytes were acknowledged, ${offset} are there`,
          )
        }
        if (offset > killAt)
          violations.push(`kill ${figures.kills}: ${offset} bytes are there, only ${killAt} were sent`)
        figures['bytes sent twice, at most'] = Math.max(figures['bytes sent twice, at most'], killAt - offset)
        for (let at = offset; at < file.length; at += CHUNK_BYTES) {
          await sendChunk(upload.url, { cookie, offset: at, bytes: file.subarray(at, at + CHUNK_BYTES) })
        }
        const stored = await waitForHash(peekr.url, upload.videoId, cookie)
        if (stored !== createHash('sha256').update(file).digest('hex')) {
          figures['wrong hashes']++
          violations.push(`kill ${figures.kills} at byte ${killAt}: the ingested file's hash is ${stored}`)
        }
        onProgress(
          `killed at byte ${killAt} of ${file.length}, ${acknowledged} acknowledged, resumed at ${offset}`,
        )
      }
      if (figures['bytes sent twice, at most'] > CHUNK_BYTES)
        violations.push('more than one chunk was sent twice')
    } finally {
      await peekr.stop()
      await rm(folder, { recursive: true, force: true })
    }
    return { figures, violations }
  },
}

/** Sends chunks up to a byte, kills the server there, and returns how many bytes it had acknowledged. */
async function sendUntil(
  url: string,
  cookie: string,
  file: Buffer,
  killAt: number,
  peekr: RunningPeekr,
): Promise<number> {
  let acknowledged = 0
  while (acknowledged + CHUNK_BYTES <= killAt) {
    const bytes = file.subarray(acknowledged, acknowledged + CHUNK_BYTES)
    acknowledged = await sendChunk(url, { cookie, offset: acknowledged, bytes })
  }
  // The rest belongs to a chunk that never ends: the server dies while it is still being sent.
  const lengthBytes = Math.min(CHUNK_BYTES, file.length - acknowledged)
  const cut = sendChunk(url, {
    cookie,
    offset: acknowledged,
    bytes: file.subarray(acknowledged, killAt),
    lengthBytes,
  })
  const answered = cut.then(
    (offset) => offset,
    () => acknowledged,
  )
  await sleep(20)
  await peekr.kill()
  return answered
}

/** The clip with a `free` box of random bytes behind it: a valid MP4 of any size (ISO 14496-12 §8.1.2). */
function padClip(clip: Buffer, sizeBytes: number, random: () => number): Buffer {
  const box = Buffer.alloc(8 + sizeBytes)
  box.writeUInt32BE(box.length, 0)
  box.write('free', 4, 'latin1')
  for (let at = 8; at + 4 <= box.length; at += 4) box.writeUInt32LE(Math.floor(random() * 2 ** 32), at)
  return Buffer.concat([clip, box])
}

async function becomeAdmin({ url, setupCode }: RunningPeekr): Promise<string> {
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

async function waitForHash(url: string, videoId: string, cookie: string): Promise<string | null> {
  for (const deadlineMs = Date.now() + INGEST_MS; Date.now() < deadlineMs; await sleep(200)) {
    const response = await fetch(`${url}/api/videos/${videoId}`, { headers: { cookie } })
    const video = (await response.json()) as { state: string; source: { sha256: string | null } | null }
    if (video.source?.sha256) return video.source.sha256
    if (video.state === 'failed') return null
  }
  return null
}
