import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobPage, JobView } from '#lib/domain/job-view'
import type { VideoView } from '#lib/domain/video-view'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { readPictureTimes, TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { makeClip } from '../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { findFfmpegOf, namesIn, until } from '../support/pipeline-test.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { killWorker, spawnWorker } from '../support/start-worker.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const SECONDS = 26
const FRAME_RATE = 25
/** From the ingest to the publish, on a quiet machine. */
const KILL_AFTER_MS_MAX = 9_000
/** A lease, the pause of a second attempt, and an encode on a loaded machine. */
const END_MS_MAX = 150_000
const VICTIMS = ['worker', 'server', 'FFmpeg'] as const

/**
 * Most of the time after a kill passes until a lease has lapsed, so several installations, each with a server, a worker and
 * kills of its own, are put through it side by side.
 */
const INSTALLATIONS_MAX = 4
const KILLS_EACH_MIN = 5

/** SIGKILL to the worker, the server or FFmpeg at a random moment of an encode; then the video must end whole. */
export const killDuringEncode: FaultCase = {
  promise: 'Whatever is killed while a video is made, it ends whole, and at most one unit is encoded again.',
  async run({ seed, kills, onProgress }) {
    const folder = await mkdtemp(join(tmpdir(), 'peekr-faults-'))
    const figures = {
      kills: 0,
      'units encoded': 0,
      'units encoded again': 0,
      'units encoded again for one kill, at most': 0,
      'videos that did not end whole': 0,
      'files left over': 0,
    }
    const tally: Tally = { figures, violations: [], onProgress }
    try {
      const clip = await makeClip({
        folder,
        name: 'kill.mp4',
        seconds: SECONDS,
        frameRate: FRAME_RATE,
        width: 640,
        height: 360,
        video: 'mpeg4',
      })
      const count = Math.min(INSTALLATIONS_MAX, Math.ceil(kills / KILLS_EACH_MIN))
      const runs = Array.from({ length: count }, (_, at) =>
        killInstallation({
          ...{ clip, tally, dataPath: join(folder, `data-${at}`), random: createRandom(seed + at) },
          kills: Math.floor((kills + at) / count),
        }),
      )
      await Promise.allSettled(runs) // none is to be left running where another came to grief
      await Promise.all(runs)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    return { figures, violations: tally.violations }
  },
}

interface Tally {
  figures: Record<
    | 'kills'
    | 'units encoded'
    | 'units encoded again'
    | 'units encoded again for one kill, at most'
    | 'videos that did not end whole'
    | 'files left over',
    number
  >
  violations: string[]
  onProgress: (line: string) => void
}

/** One server and one worker, and one video after the other, with a kill in each. */
async function killInstallation(options: {
  clip: string
  dataPath: string
  kills: number
  random: () => number
  tally: Tally
}): Promise<void> {
  const { clip, dataPath, kills, random, tally } = options
  const { figures, violations } = tally
  const settings = { PEEKR_RESERVE: '0', PEEKR_ENCODER: 'x264' }
  const startServer = (port?: number) =>
    startPeekr({ dataPath, port, env: { ...settings, PEEKR_ROLE: 'web' } })
  let peekr: RunningPeekr = await startServer()
  const startWorker = () => spawnWorker({ ...settings, PEEKR_DATA: dataPath, PEEKR_LOG_LEVEL: 'silent' })
  let worker = startWorker()
  try {
    const client = await openPeekrClient(peekr)
    for (let done = 0; done < kills; done++) {
      const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'worker'
      const afterMs = Math.floor(random() * KILL_AFTER_MS_MAX)
      const videoId = await client.upload(clip)
      await sleep(afterMs)
      if (victim === 'server') {
        await peekr.kill()
        peekr = await startServer(peekr.port)
        client.url = peekr.url
      } else if (victim === 'worker') {
        await killWorker(worker)
        worker = startWorker()
      } else for (const pid of await findFfmpegOf(videoId)) killOne(pid)
      const where = `kill ${figures.kills++} of the ${victim} after ${afterMs} ms`
      const video = await waitForEnd(client, videoId)
      const problem =
        video.state === 'ready' ? await findFlaw(dataPath, video) : JSON.stringify(video.error ?? video.state)
      if (problem !== null) {
        figures['videos that did not end whole']++
        violations.push(`${where}: ${problem}`)
      }
      const units = (await findJobs(client, videoId)).filter(({ kind }) => kind === 'transcode')
      const again = units.reduce((sum, { attempts }) => sum + attempts - 1, 0)
      figures['units encoded'] += units.length
      figures['units encoded again'] += again
      const most = 'units encoded again for one kill, at most'
      figures[most] = Math.max(figures[most], again)
      if (again > 1) violations.push(`${where}: ${again} units were encoded again`)
      const left = await findLeftOver(client, dataPath, videoId)
      figures['files left over'] += left.length
      if (left.length > 0) violations.push(`${where}: ${left.join(', ')} were left over`)
      tally.onProgress(`${where}: ${video.state}, ${units.length} units, ${again} again`)
      await client.call('DELETE', `/api/videos/${videoId}`)
    }
  } finally {
    await killWorker(worker)
    await peekr.stop()
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended by itself
  }
}

/** The video once it is ready or failed, or as it is when that takes too long; while the server is away it is asked again. */
async function waitForEnd(client: PeekrClient, videoId: string): Promise<VideoView> {
  for (const deadline = performance.now() + END_MS_MAX; performance.now() < deadline; await sleep(200)) {
    const video = await client.getVideo(videoId).catch(() => null)
    if (video?.state === 'ready' || video?.state === 'failed') return video
  }
  return client.getVideo(videoId)
}

async function findJobs(client: PeekrClient, videoId: string): Promise<JobView[]> {
  return (await client.call<JobPage>('GET', `/api/jobs?limit=100&video=${videoId}`)).body.items
}

/** What is wrong with a published video's pictures: every frame must be there once, at its time, in every rendition. */
async function findFlaw(dataPath: string, { id, renditions }: VideoView): Promise<string | null> {
  const [revision] = await namesIn(dataPath, 'library', id, 'revisions')
  for (const { name } of renditions) {
    const folder = join(dataPath, 'library', id, 'revisions', revision ?? '', name)
    const { segments } = parseMediaPlaylist(await readFile(join(folder, 'media.m3u8'), 'utf8'))
    const times: number[] = []
    for (const segment of segments)
      times.push(...readPictureTimes(await readFile(join(folder, segment.name)), 'fmp4'))
    const wrong = times.findIndex(
      (ticks, at) => ticks !== Math.round((10 + at / FRAME_RATE) * TICKS_PER_SECOND),
    )
    if (times.length !== SECONDS * FRAME_RATE) return `${name} has ${times.length} frames`
    if (wrong !== -1) return `${name}: frame ${wrong} is at ${times[wrong]}`
  }
  return null
}

/** Names of work that stays behind after the publish. */
async function findLeftOver(client: PeekrClient, dataPath: string, videoId: string): Promise<string[]> {
  const look = async () => {
    const kinds = await Promise.all(
      ['attempts', 'units'].map((name) => namesIn(dataPath, 'library', videoId, name)),
    )
    return kinds.flat()
  }
  const isPublished = async () =>
    (await findJobs(client, videoId)).some(({ kind, state }) => kind === 'publish' && state === 'done')
  await until('the publish', isPublished, 60_000).catch(() => null)
  return look()
}
