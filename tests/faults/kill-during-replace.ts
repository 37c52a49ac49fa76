import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { createApiToken } from '#lib/auth/api-tokens'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { JobModel } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { makeClip } from '../support/make-clip.ts'
import { importClip, openPipelineTest, until } from '../support/pipeline-test.ts'
import { killWorker, spawnWorker } from '../support/start-worker.ts'
import { uploadReplacement } from '../support/upload-replacement.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

/** From the last byte of the new file to the end of its publish, on a quiet machine. */
const KILL_AFTER_MS_MAX = 4_000
const END_MS_MAX = 90_000

/** SIGKILL to the process that makes a video anew from another file, at a random moment. */
export const killDuringReplace: FaultCase = {
  promise:
    'Killed while a new file takes the place of a video’s, the old one plays until the new one does, and both files are kept whole.',
  async run({ seed, kills, onProgress }) {
    const random = createRandom(seed)
    const folder = await mkdtemp(join(tmpdir(), 'peekr-replace-kills-'))
    const settings = { PEEKR_ORIGINALS: 'keep', PEEKR_ENCODER: 'x264', PEEKR_RESERVE: '0' }
    const peekr = await openPipelineTest({ settings })
    const figures: Record<string, number> = { kills: 0, 'videos that were not the old one or the new one': 0 }
    const violations: string[] = []
    await mkdir(join(peekr.dataPath, 'uploads'), { recursive: true })
    const startWorker = () =>
      spawnWorker({ ...settings, ...databaseOf(), PEEKR_DATA: peekr.dataPath, PEEKR_LOG_LEVEL: 'silent' })
    let worker = startWorker()
    try {
      const clips = [
        await makeClip({ folder, name: 'first.mp4', seconds: 2 }),
        await makeClip({ folder, name: 'second.mp4', seconds: 3, width: 480, height: 270 }),
      ] as const
      const { userId } = peekr.owner
      const authorization = `Bearer ${(await createApiToken({ userId, name: 'faults' })).token}`
      const videoId = await importClip(peekr, clips[0])
      await waitForSource(videoId, clips[0])
      for (let kill = 0; kill < kills; kill += 1) {
        const path = clips[(kill + 1) % 2] ?? clips[0]
        const old = await getVideo(videoId)
        const afterMs = Math.floor(random() * KILL_AFTER_MS_MAX)
        await uploadReplacement({ authorization, path, videoId })
        await sleep(afterMs)
        await killWorker(worker)
        const where = `kill ${kill} after ${afterMs} ms`
        const state = (await getVideo(videoId)).state
        const problems = await findProblems(videoId, [old.source.filename, basename(path)])
        // As when the leases of the dead have run out.
        const past = new Date(0)
        await JobModel.updateMany({ state: 'running' }, { $set: { 'lease.expiresAt': past } })
        await VideoLockModel.updateMany({}, { $set: { expiresAt: past } })
        worker = startWorker()
        await waitForSource(videoId, path).catch((error: Error) => problems.push(error.message))
        problems.push(...(await findProblems(videoId, [basename(path)])))
        problems.push(...(await findWrongSources(videoId, { source: path, before: old })))
        figures.kills = kill + 1
        if (problems.length > 0) figures['videos that were not the old one or the new one'] = 1
        violations.push(...problems.map((problem) => `${where}, ${state}: ${problem}`))
        onProgress(`${where}: it was ${state}`)
      }
    } finally {
      await killWorker(worker)
      await closePool()
      await peekr.close()
      await rm(folder, { recursive: true, force: true })
    }
    return { figures, violations }
  },
}

function databaseOf(): { MONGODB_URI?: string } {
  if (!process.env.MONGODB_URI) return {}
  const uri = new URL(process.env.MONGODB_URI)
  uri.pathname = `/${mongoose.connection.name}`
  return { MONGODB_URI: uri.href }
}

async function getVideo(videoId: string): Promise<VideoRecord> {
  const video = await VideoModel.findById(videoId).lean()
  if (video === null) throw new Error('its record is gone')
  return video
}

async function waitForSource(videoId: string, path: string): Promise<void> {
  await until(
    `${basename(path)} playing`,
    async () => {
      const { state, source } = await getVideo(videoId)
      return state === 'ready' && source.filename === basename(path)
    },
    END_MS_MAX,
  )
  await until(
    'the end of its publish',
    async () =>
      !(await JobModel.exists({ videoId, state: { $in: ['queued', 'running'] } }).setOptions({
        sanitizeFilter: false,
      })),
    END_MS_MAX,
  )
}

/** What a viewer would see: one of the two, and whole. */
async function findProblems(videoId: string, filenames: string[]): Promise<string[]> {
  const problems: string[] = []
  const { playable, revision, source, width, failure } = await getVideo(videoId)
  if (!filenames.includes(source.filename)) problems.push(`it is of ${source.filename}`)
  if (failure !== null) problems.push(`it failed: ${failure.message}`)
  const widthOf = source.filename === 'first.mp4' ? 320 : 480
  if (width !== widthOf) problems.push(`${source.filename} is told to be ${width} wide`)
  if (!playable || revision === null) problems.push('it does not play')
  const findings = (await verifyLibrary()).findings
  problems.push(...findings.map(({ kind, sentence }) => `${kind}: ${sentence}`))
  return problems
}

async function findWrongSources(
  videoId: string,
  { source, before }: { source: string; before: VideoRecord },
): Promise<string[]> {
  const library = await getLibrary()
  const problems: string[] = []
  if ((await hashOf(library.sourcePath(videoId))) !== (await hashOf(source)))
    problems.push(`the source is not ${basename(source)}`)
  const old = library.sourcePath(videoId, before.uploadId)
  if ((await hashOf(old)) !== before.source.sha256)
    problems.push(`the file it replaced, ${before.source.filename}, is not kept`)
  const { replaced = [] } = await getVideo(videoId)
  const names = await readdir(dirname(old))
  if (names.length !== replaced.length + 1) problems.push(`its sources are ${names.join()}`)
  return problems
}

async function hashOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => null)
  return bytes === null ? 'gone' : createHash('sha256').update(bytes).digest('hex')
}
