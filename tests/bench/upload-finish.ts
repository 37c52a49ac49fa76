import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { whyNoBtrfsLoop, withBtrfsLoop } from '../support/btrfs-loop.ts'
import { makeClip } from '../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { createTusUpload } from '../support/upload-test.ts'
import type { Measurement } from './serve.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const CHUNK_BYTES = 16 * MIB
const PIECE = Buffer.alloc(MIB, 'peekr')
const SIZES = { small: 100 * MIB, big: 10 * GIB }
/** What is really sent of the big one. */
const SENT_BYTES = GIB
const ROUNDS = 3
const INGESTED_MS = 60_000

/**
 * P9: through the production server on Btrfs, how long after the last PATCH was answered the source is in the library,
 * and how much more memory a 10 GiB upload takes than one of 100 MiB. The first 9 GiB are a hole made beside the server.
 */
export async function benchFinish(emit: (measurement: Measurement) => void): Promise<void> {
  const why = whyNoBtrfsLoop()
  if (why) throw new Error(`This benchmark ${why}.`)
  const folder = await mkdtemp(join(tmpdir(), 'peekr-bench-finish-'))
  const loop = await withBtrfsLoop({ sizeMib: 24 * 1024 })
  let peekr: RunningPeekr | null = null
  try {
    const clip = await readFile(await makeClip({ folder, name: 'clip.mp4', width: 160, height: 120 }))
    peekr = await startPeekr({ dataPath: loop.path, env: { PEEKR_ROLE: 'all', PEEKR_RESERVE: '0' } })
    const client = await openPeekrClient(peekr)
    const world = { peekr, client, clip }
    const small: Outcome[] = []
    const big: Outcome[] = []
    // As many as of the big ones: what a server loads and keeps with its first uploads has nothing to do with their size.
    for (let round = 0; round < ROUNDS; round += 1)
      small.push(await upload({ ...world, sizeBytes: SIZES.small }))
    for (let round = 0; round < ROUNDS; round += 1) big.push(await upload({ ...world, sizeBytes: SIZES.big }))
    const seconds = big.map(({ ingestedSeconds }) => ingestedSeconds).sort((a, b) => a - b)
    emit({
      metric: 'upload.finish.seconds',
      value: seconds[Math.floor(seconds.length / 2)] ?? 0,
      unit: 's',
      note: 'the last of 10 GiB acknowledged → the source is in the library, on Btrfs; median',
      samples: {
        sourceThere: big.map(({ ingestedSeconds }) => ingestedSeconds),
        probedAndAdmitted: big.map(({ admittedSeconds }) => admittedSeconds),
      },
      commands: { peekr: 'bin/peekr start' },
    })
    const peak = (outcomes: Outcome[]) => Math.max(...outcomes.map(({ rssMb }) => rssMb))
    emit({
      metric: 'upload.rss_growth_mb',
      value: peak(big) - peak(small),
      unit: 'MB',
      note: 'peak memory of the server process while 10 GiB were uploaded, less that for 100 MiB',
      samples: { small: small.map(({ rssMb }) => rssMb), big: big.map(({ rssMb }) => rssMb) },
      commands: { peekr: 'bin/peekr start' },
    })
  } finally {
    await peekr?.stop()
    await loop.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Outcome {
  ingestedSeconds: number
  admittedSeconds: number
  rssMb: number
}

async function upload(options: {
  peekr: RunningPeekr
  client: PeekrClient
  clip: Buffer
  sizeBytes: number
}): Promise<Outcome> {
  const { peekr, client, clip, sizeBytes } = options
  const { authorization } = client
  const { url, videoId } = await createTusUpload(peekr.url, authorization, sizeBytes, {
    filename: 'big.mp4',
  })
  const sent = Math.min(sizeBytes, SENT_BYTES)
  const begun = await putBeginning(
    join(peekr.dataPath, 'uploads', basename(url)),
    clip,
    sizeBytes,
    sizeBytes - sent,
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let rssMb = 0
  const sampler = setInterval(
    () => void readRssMb(peekr.pid).then((now) => (rssMb = Math.max(rssMb, now))),
    100,
  )
  for (let offset = begun; offset < sizeBytes; offset += CHUNK_BYTES) {
    await sendChunk({
      url,
      authorization,
      agent,
      offset,
      sizeBytes: Math.min(CHUNK_BYTES, sizeBytes - offset),
    })
  }
  const acknowledgedAtMs = performance.now()
  agent.destroy()
  const source = join(peekr.dataPath, 'library', videoId, 'source', 'original')
  await until(() => existsSync(source))
  const ingestedSeconds = secondsSince(acknowledgedAtMs)
  const state = async () =>
    (await client.call<{ state?: string }>('GET', `/api/videos/${videoId}`)).body.state
  await until(async () => !['uploading', 'ingesting'].includes((await state()) ?? ''))
  const admittedSeconds = secondsSince(acknowledgedAtMs)
  clearInterval(sampler)
  await client.deleteVideo(videoId)
  await until(async () => (await state()) === undefined)
  return { ingestedSeconds, admittedSeconds, rssMb }
}

/** The clip, a `free` box over all the rest (64-bit length, ISO 14496-12 §4.2), and a hole up to `toBytes`. */
async function putBeginning(path: string, clip: Buffer, sizeBytes: number, toBytes: number): Promise<number> {
  const header = Buffer.alloc(16)
  header.writeUInt32BE(1, 0)
  header.write('free', 4, 'latin1')
  header.writeBigUInt64BE(BigInt(sizeBytes - clip.length), 8)
  const file = await open(path, 'r+')
  try {
    await file.writev([clip, header], 0)
    if (toBytes > 0) await file.truncate(toBytes)
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

async function sendChunk(chunk: {
  url: string
  authorization: string
  agent: Agent
  offset: number
  sizeBytes: number
}): Promise<void> {
  const { url, authorization, agent, offset, sizeBytes } = chunk
  const outgoing = request(url, {
    method: 'PATCH',
    agent,
    headers: {
      authorization,
      'tus-resumable': '1.0.0',
      'content-type': 'application/offset+octet-stream',
      'upload-offset': offset,
      'content-length': sizeBytes,
    },
  })
  const answered = once(outgoing, 'response')
  for (let left = sizeBytes; left > 0; left -= PIECE.length) {
    if (!outgoing.write(PIECE.subarray(0, Math.min(left, PIECE.length)))) await once(outgoing, 'drain')
  }
  outgoing.end()
  const [answer] = await answered
  answer.resume()
  await once(answer, 'end')
  if (answer.statusCode !== 204) throw new Error(`PATCH at ${offset} answered ${answer.statusCode}`)
}

async function readRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadlineMs = Date.now() + INGESTED_MS; Date.now() < deadlineMs; await sleep(2)) {
    if (await isTrue()) return
  }
  throw new Error(`It did not happen within ${INGESTED_MS / 1000} s.`)
}

function secondsSince(startMs: number): number {
  return Number(((performance.now() - startMs) / 1000).toFixed(3))
}
