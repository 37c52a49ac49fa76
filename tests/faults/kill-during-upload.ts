import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requireTestMedia } from '../support/media.ts'
import { openPeekrClient } from '../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { createTusUpload, headOffset } from '../support/upload-test.ts'
import { sendChunk } from '../support/upload-world.ts'
import { padClip } from '../support/write-big-clip.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const MIB = 1024 ** 2
const CHUNK_BYTES = 2 * MIB
const PADDING_BYTES_MAX = 24 * MIB
/** From what was received but not written yet to what is written, synced and about to be acknowledged. */
const KILL_DELAY_MS_MAX = 60

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
      'stored beginnings that differ': 0,
      'wrong hashes': 0,
      'bytes sent twice, at most': 0,
    }
    const violations: string[] = []
    const clip = await readFile(await requireTestMedia('cup.mp4', folder))
    let peekr = await startPeekr({ dataPath: join(folder, 'data') })
    try {
      const { port, dataPath } = peekr
      const client = await openPeekrClient(peekr)
      const { authorization } = client
      for (; figures.kills < kills; figures.kills++) {
        const sizeBytes = clip.length + 8 + Math.floor(random() * PADDING_BYTES_MAX)
        const file = padClip(clip, sizeBytes, Math.floor(random() * 2 ** 32))
        const killAt = 1 + Math.floor(random() * (sizeBytes - 1))
        const filename = `kill-${figures.kills}.mp4`
        const upload = await createTusUpload(peekr.url, authorization, sizeBytes, { filename })
        const afterMs = Math.floor(random() * KILL_DELAY_MS_MAX)
        const acknowledged = await sendUntil({ url: upload.url, authorization, file, killAt, afterMs, peekr })
        const found = await readFile(join(dataPath, 'uploads', basename(upload.url)))
        peekr = await startPeekr({ dataPath, port })
        const offset = await headOffset(upload.url, authorization)
        const where = `kill ${figures.kills} at byte ${killAt}`
        if (offset < acknowledged) {
          figures['bytes lost that were acknowledged'] += acknowledged - offset
          violations.push(`${where}: ${acknowledged} bytes were acknowledged, ${offset} are there`)
        }
        if (offset > killAt) violations.push(`${where}: ${offset} bytes are said to be there`)
        if (offset > found.length || !found.subarray(0, offset).equals(file.subarray(0, offset))) {
          figures['stored beginnings that differ']++
          violations.push(`${where}: the ${offset} bytes that are there are not those that were sent`)
        }
        figures['bytes sent twice, at most'] = Math.max(figures['bytes sent twice, at most'], killAt - offset)
        for (let at = offset; at < sizeBytes; at += CHUNK_BYTES) {
          await sendChunk(upload.url, {
            authorization,
            offset: at,
            bytes: file.subarray(at, at + CHUNK_BYTES),
          })
        }
        const stored = await client.waitForHash(upload.videoId)
        if (stored !== createHash('sha256').update(file).digest('hex')) {
          figures['wrong hashes']++
          violations.push(`${where}: the ingested file's hash is ${stored}`)
        }
        await client.deleteVideo(upload.videoId)
        onProgress(
          `killed at byte ${killAt} of ${sizeBytes}, ${acknowledged} acknowledged, resumed at ${offset}`,
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
async function sendUntil(options: {
  url: string
  authorization: string
  file: Buffer
  killAt: number
  afterMs: number
  peekr: RunningPeekr
}): Promise<number> {
  const { url, authorization, file, killAt, afterMs, peekr } = options
  let acknowledged = 0
  while (acknowledged + CHUNK_BYTES <= killAt) {
    const bytes = file.subarray(acknowledged, acknowledged + CHUNK_BYTES)
    acknowledged = await sendChunk(url, { authorization, offset: acknowledged, bytes })
  }
  // The rest belongs to a chunk that never ends: the server dies while it is still being sent.
  const lengthBytes = Math.min(CHUNK_BYTES, file.length - acknowledged)
  const cut = sendChunk(url, {
    authorization,
    offset: acknowledged,
    bytes: file.subarray(acknowledged, killAt),
    lengthBytes,
  })
  const answered = cut.then(
    (offset) => offset,
    () => acknowledged,
  )
  await sleep(afterMs)
  await peekr.kill()
  return answered
}
