import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { updateSettings } from '#lib/admin/settings'
import { eraseFromBin } from '#lib/catalog/bin/empty-bin'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { JOB_KINDS, type JobKind, JobModel } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { isPeekrError } from '#lib/errors'
import { closePool } from '#lib/jobs/pool'
import { dropCached } from '#lib/stream/media-cache'
import { streamResponse } from '#lib/stream/stream-response'
import { whyNoBtrfsLoop, withBtrfsLoop } from '../support/btrfs-loop.ts'
import { fillDisk } from '../support/fill-disk.ts'
import { makeClip } from '../support/make-clip.ts'
import {
  importClip,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../support/pipeline-test.ts'
import type { FaultCase, FaultOutcome } from './fault-case.ts'

const run = promisify(execFile)
const FULL_MS = 2_500
const SIZE_MIB = 300

/** A disk of 300 MB that is filled to the last byte while each stage of a video's making is at work. */
export const fillEveryStage: FaultCase = {
  promise:
    'Disk at 100 % in every stage: nothing corrupt, playback and deletion work, uploads pause and go on by themselves.',
  async run({ onProgress }): Promise<FaultOutcome> {
    const why = whyNoBtrfsLoop()
    if (why !== false) return { figures: { skipped: why }, violations: [] }
    const violations: string[] = []
    const filled: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'peekr-fill-'))
    const loop = await withBtrfsLoop({ sizeMib: SIZE_MIB })
    await mkdir(join(folder, 'db'))
    // Elsewhere, so that a full library is the only fault.
    const database = await startEmbeddedDatabase({ dataPath: join(folder, 'db') })
    const peekr = await openPipelineTest({
      dataPath: join(loop.path, 'data'),
      settings: { MONGODB_URI: database.uri, PEEKR_ORIGINALS: 'keep' },
    })
    const ballast = join(loop.path, 'ballast')
    const free = async () => {
      await rm(ballast, { force: true })
      await run('btrfs', ['filesystem', 'sync', loop.path])
      await sleep(2_100) // how long what is known of the space is taken to be so
    }
    try {
      await updateSettings({ lowWaterMib: 30, verifyMbps: 0, verifyDays: 0 })
      await peekr.start()
      const clip = await makeClip({
        folder,
        name: 'clip.mkv',
        seconds: 5,
        width: 426,
        height: 240,
        video: 'mpeg4',
      })
      // Its picture need not be encoded for the largest size.
      const copied = await makeClip({ folder, name: 'copied.mp4', seconds: 5, width: 426, height: 240 })
      const whole = await make(peekr, clip)
      for (const stage of ['upload', ...STAGES] as const) {
        const doomed = await make(peekr, clip)
        let videoId: string | null = null
        if (stage !== 'upload') {
          videoId = await importClip(peekr, stage === 'copy' ? copied : clip)
          if (await waitForStage(videoId, stage)) filled.push(stage)
        } else filled.push(stage)
        await fillDisk(ballast, 0)
        await sleep(FULL_MS)
        violations.push(...(await tryUpload(peekr, clip)).map((line) => `${stage}: ${line}`))
        if (!(await plays(whole)))
          violations.push(`${stage}: what was published did not play on the full disk`)
        await removeVideo({ viewer: peekr.owner, videoId: doomed._id })
        await eraseFromBin({ viewer: peekr.owner, videoId: doomed._id })
        await until('the deletion', async () => (await VideoModel.findById(doomed._id).lean()) === null)
        await free()
        const made = videoId === null ? await make(peekr, clip) : await waitForEnd(videoId)
        if (made.state !== 'ready')
          violations.push(`${stage}: ended ${made.state} with ${made.failure?.message}`)
        for (const video of [whole, made]) {
          const proof = await proveVideo(video._id, new AbortController().signal)
          if (proof?.verdict !== 'intact') violations.push(`${stage}: ${proof?.sentence}`)
        }
        await removeVideo({ viewer: peekr.owner, videoId: made._id })
        await eraseFromBin({ viewer: peekr.owner, videoId: made._id })
        onProgress(`${stage}: filled, freed, ${made.state}`)
      }
      const { stdout } = await run('btrfs', ['scrub', 'start', '-B', loop.path])
      if (!/no errors found/.test(stdout)) violations.push(`the scrub says: ${stdout.trim()}`)
    } finally {
      await rm(ballast, { force: true })
      await peekr.close()
      await closePool()
      await database.stop()
      await loop.close()
      await rm(folder, { recursive: true, force: true })
    }
    return { figures: { 'stages caught at work': filled.join(', '), stages: STAGES.length + 1 }, violations }
  },
}

const STAGES = JOB_KINDS.filter((kind) => kind !== 'delete')

async function make(peekr: PipelineTest, clip: string): Promise<VideoRecord> {
  const videoId = await importClip(peekr, clip)
  const video = await waitForEnd(videoId)
  await until('the publish', () => JobModel.exists({ videoId, kind: 'publish', state: 'done' }))
  return video
}

/** Whether the stage was seen at work; the shortest may be over between two looks. */
async function waitForStage(videoId: string, kind: JobKind): Promise<boolean> {
  for (const deadlineMs = performance.now() + 60_000; performance.now() < deadlineMs; await sleep(5)) {
    const job = await JobModel.findOne({ videoId, kind }, { state: 1 }).lean()
    if (job?.state === 'running') return true
    if (job !== null && job.state !== 'queued') return false
  }
  return false
}

async function tryUpload(peekr: PipelineTest, clip: string): Promise<string[]> {
  try {
    await importClip(peekr, clip)
    return ['an upload was let in on a full disk']
  } catch (error) {
    if (isPeekrError(error) && error.status === 507 && /^[A-Z].+\.$/.test(error.message)) return []
    return [`an upload was refused with ${error}`]
  }
}

async function plays({ _id, revision }: VideoRecord): Promise<boolean> {
  dropCached(_id)
  await VideoModel.updateOne({ _id }, { $set: { visibility: 'unlisted' } })
  const rung = revision?.renditions[0]?.name
  for (const path of ['multivariant.m3u8', `${rung}/media.m3u8`, `${rung}/segment-00000.m4s`]) {
    const url = `http://peekr.test/stream/${_id}/${revision?.id}/${path}`
    if ((await streamResponse(new Request(url))).status !== 200) return false
  }
  return true
}
