import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobPage } from '#lib/domain/job-view'
import { makeClip } from '../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { startPeekr } from '../support/server.ts'
import { createTusUpload, headOffset } from '../support/upload-test.ts'
import { sendChunk } from '../support/upload-world.ts'
import { padClip } from '../support/write-big-clip.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const DELIVERIES = 50
const KILL_DELAY_MS_MAX = 40
const SIZE_BYTES_MAX = 8 * 1024 ** 2

/**
 * SIGKILL to the server around the last byte of an upload. After the restart every other client never comes back, so
 * that only the sweep can notice; the others resume and deliver the finish fifty times at once.
 */
export const finishManyTimes: FaultCase = {
  promise:
    'One finished upload makes exactly one video, also when finish is delivered 50 times, or dies with the server.',
  async run({ seed, kills, onProgress }) {
    const random = createRandom(seed)
    const folder = await mkdtemp(join(tmpdir(), 'peekr-faults-'))
    const figures = {
      kills: 0,
      'finishes delivered': 0,
      'left to the sweep': 0,
      'uploads without exactly one video': 0,
      'videos ingested more or less than once': 0,
      'wrong hashes': 0,
    }
    const violations: string[] = []
    const clip = await readFile(await makeClip({ folder, width: 160, height: 120, seconds: 1 }))
    let peekr = await startPeekr({ dataPath: join(folder, 'data') })
    try {
      const { port, dataPath } = peekr
      const client = await openPeekrClient(peekr)
      const { authorization } = client
      for (; figures.kills < kills; figures.kills++) {
        const sizeBytes = clip.length + 8 + Math.floor(random() * SIZE_BYTES_MAX)
        const file = padClip(clip, sizeBytes, Math.floor(random() * 2 ** 32))
        const filename = `finish-${figures.kills}.mp4`
        const { url, videoId } = await createTusUpload(peekr.url, authorization, sizeBytes, { filename })
        const answered = sendChunk(url, { authorization, offset: 0, bytes: file }).then(
          () => 'answered',
          () => 'not answered',
        )
        const uploadPath = join(dataPath, 'uploads', basename(url))
        await storedBytes(uploadPath, sizeBytes)
        await sleep(Math.floor(random() * KILL_DELAY_MS_MAX))
        await peekr.kill()
        const outcome = await answered
        const complete = ((await findSize(uploadPath)) ?? sizeBytes) === sizeBytes
        peekr = await startPeekr({ dataPath, port })
        const silent = complete && figures.kills % 2 === 1
        if (silent) figures['left to the sweep']++
        else figures['finishes delivered'] += await deliverFinish(url, authorization, file, violations)

        const where = `kill ${figures.kills} (${outcome})`
        const hash = await client.waitForHash(videoId)
        if (hash !== createHash('sha256').update(file).digest('hex')) {
          figures['wrong hashes']++
          violations.push(`${where}: the ingested file's hash is ${hash}`)
        }
        const { length: videos } = await client.findOwnVideos(filename)
        if (videos !== 1) {
          figures['uploads without exactly one video']++
          violations.push(`${where}: the upload became ${videos} videos`)
        }
        const ingests = await countIngests(client, videoId)
        if (ingests !== 1) {
          figures['videos ingested more or less than once']++
          violations.push(`${where}: ${ingests} ingests were queued`)
        }
        await client.deleteVideo(videoId)
        onProgress(`${outcome}, ${complete ? 'complete' : 'incomplete'}, ${silent ? 'swept' : 'resumed'}`)
      }
    } finally {
      await peekr.stop()
      await rm(folder, { recursive: true, force: true })
    }
    return { figures, violations }
  },
}

/** Waits until the server has written all of a body, but not until it has said so. */
async function storedBytes(path: string, sizeBytes: number): Promise<void> {
  for (const deadlineMs = Date.now() + 10_000; Date.now() < deadlineMs; await sleep(1)) {
    const size = await findSize(path)
    // Gone means ingested already.
    if (size === null || size === sizeBytes) return
  }
}

/** null when there is no such file. */
async function findSize(path: string): Promise<number | null> {
  const stats = await stat(path).catch(() => null)
  return stats?.size ?? null
}

/** Sends what is missing, then says "that was all" again and again, as PATCH and as HEAD. @returns how often */
async function deliverFinish(
  url: string,
  authorization: string,
  file: Buffer,
  violations: string[],
): Promise<number> {
  const offset = await headOffset(url, authorization)
  if (offset < file.length) await sendChunk(url, { authorization, offset, bytes: file.subarray(offset) })
  const statuses = await Promise.all(
    Array.from({ length: DELIVERIES }, async (_, index) => {
      const response = await fetch(url, {
        method: index % 5 === 4 ? 'HEAD' : 'PATCH',
        headers: {
          authorization,
          'tus-resumable': '1.0.0',
          'upload-offset': String(file.length),
          'content-type': 'application/offset+octet-stream',
        },
      })
      return response.status
    }),
  )
  // 423: another of the fifty holds the upload just now.
  const refused = statuses.filter((status) => ![200, 204, 423].includes(status))
  if (refused.length > 0) violations.push(`a finish that came again was answered ${refused.join(', ')}`)
  return DELIVERIES
}

async function countIngests(client: PeekrClient, videoId: string): Promise<number> {
  const { body } = await client.call<JobPage>('GET', '/api/jobs')
  return body.items.filter(({ kind, video }) => kind === 'ingest' && video?.id === videoId).length
}
