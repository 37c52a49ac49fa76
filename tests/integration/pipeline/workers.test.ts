import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { requeueJob } from '#lib/admin/requeue-job'
import { databaseUri } from '#lib/db/connect'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { isPeekrError } from '#lib/errors'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { readPictureTimes, TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { claimJob, completeJob, enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import { presentJob } from '#lib/jobs/present-job'
import { runJob } from '#lib/jobs/run-job'
import { onJobEnded, STAGES } from '#lib/pipeline'
import { makeClip } from '../../support/make-clip.ts'
import {
  findFfmpegOf,
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'
import { startWorker, stopWorker } from '../../support/start-worker.ts'
import { writeSlowFfmpeg } from '../../support/write-slow-ffmpeg.ts'

const SECONDS = 6
const FRAME_RATE = 25

// This process serves, and encodes only what a test says; the work is a second process's.
let folder = ''
let clip = ''
let slow = ''
let peekr: PipelineTest
let worker: ChildProcess | null = null
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-workers-'))
  slow = await writeSlowFfmpeg(folder, 'ffmpeg-slow', { usual: 3, of: { rendition: '720p', rate: 3 } })
  const size = { width: 640, height: 360, frameRate: FRAME_RATE, seconds: SECONDS }
  clip = await makeClip({ folder, name: 'two.mkv', video: 'mpeg4', audio: null, ...size })
  peekr = await openPipelineTest({ settings: { PEEKR_ROLE: 'web', PEEKR_FFMPEG: slow } })
  await peekr.start()
})
after(async () => {
  if (worker) await stopWorker(worker)
  await peekr?.close()
  await rm(folder, { recursive: true, force: true })
})

async function startSecond(): Promise<ChildProcess> {
  const MONGODB_URI = await databaseUri()
  return startWorker({ MONGODB_URI, PEEKR_JOBS: '1', PEEKR_DATA: peekr.dataPath, PEEKR_FFMPEG: slow })
}

test('the first segment of a copied source plays as soon as the plan is made, before the rest is begun', async () => {
  const extra = ['-g', '30', '-preset', 'veryfast']
  const path = await makeClip({
    folder,
    name: 'copied.mp4',
    seconds: SECONDS,
    width: 640,
    height: 360,
    extra,
  })
  const videoId = await importClip(peekr, path)
  for (const kind of ['ingest', 'plan'] as const) await runHere(kind)
  const video = await VideoModel.findById(videoId).lean()
  assert.ok(video?.playable && video.revision)
  assert.equal(video.revision.growing?.availableSeconds, 2)
  assert.equal((await JobModel.findOne({ videoId, kind: 'copy' }).lean())?.attempts, 0)
  const revisionPath = (await getLibrary()).revisionPath(videoId, video.revision.id)
  for (const folder of ['360p', 'audio']) {
    const text = await readFile(join(revisionPath, folder, 'media.m3u8'), 'utf8')
    const { initSegment, segments } = parseMediaPlaylist(text)
    assert.equal(segments.length, 1)
    assert.deepEqual(
      (await namesIn(revisionPath, folder)).sort(),
      [initSegment, segments[0]?.name, 'media.m3u8'].sort(),
    )
  }
  await JobModel.deleteMany({ videoId })
  await VideoModel.deleteOne({ _id: videoId })
})

test('two workers at one unit at the same time do no harm: one’s is taken whole, the other’s counts for nothing', async () => {
  const videoId = await importClip(peekr, clip)
  for (const kind of ['ingest', 'plan'] as const) await runHere(kind)
  const mine = await claim('transcode')
  assert.equal(mine.unit, '0-low')
  // As of a machine that stood still for a while: it holds nothing any more and does not know.
  await expire(mine)
  // Until both have ended nothing is assembled, or the video could be published, and mine removed, before it is done.
  await enqueueJob('assemble', videoId)
  const assembly = await claim('assemble')
  const later = new Date(Date.now() + 3_600_000)
  await JobModel.updateOne({ _id: assembly._id }, { $set: { 'lease.expiresAt': later } })
  worker = await startSecond()
  const other = await until('the second worker at the unit', () =>
    JobModel.findOne({ _id: mine._id, state: 'running', attempts: 2 }).lean(),
  )
  assert.notEqual(other.lease?.holder, mine.lease?.holder)
  const context = { signal: new AbortController().signal, report: () => {}, log: () => {} }
  const made = await STAGES.transcode(mine, context)
  assert.equal(await completeJob(mine, { ...made, log: [] }), 'lost')
  await expire(assembly)
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  for (const { name } of video.revision?.renditions ?? []) await assertExact(videoId, name)
  assert.deepEqual(await namesIn(peekr.dataPath, 'library', videoId, 'attempts'), [])
  const ended = await JobModel.findById(mine._id).lean()
  assert.deepEqual(
    presentJob(ended as JobRecord, '').history.map(({ outcome }) => outcome),
    ['lost', 'done'],
  )
})

test('of 20 attempts adopted as one unit at the same time one is there, whole, and nothing of the others', async () => {
  const library = await getLibrary()
  const videoId = createId()
  await library.createVideo(videoId)
  const unit = { revisionId: createId(), key: '0-0-low' }
  const attempts = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const id = createId()
      const path = await library.createAttempt(videoId, id)
      await Promise.all(['one', 'two', 'three'].map((name) => writeFile(join(path, name), id)))
      return id
    }),
  )
  await Promise.all(attempts.map((id) => library.adoptUnit(videoId, id, unit)))
  const path = library.unitPath(videoId, unit.revisionId, unit.key)
  const words = await Promise.all((await namesIn(path)).map((name) => readFile(join(path, name), 'utf8')))
  assert.equal(words.length, 3)
  assert.equal(new Set(words).size, 1)
  assert.deepEqual(await namesIn(peekr.dataPath, 'library', videoId, 'attempts'), [])
  await library.deleteVideo(videoId)
})

test('one unit put back by an administrator: its FFmpeg ends, it is made anew, and the others are not touched', async () => {
  worker ??= await startSecond()
  const videoId = await importClip(peekr, clip)
  const first = await until('a unit held in the midst of its work', () => holdUnit(videoId))
  await requeueJob(first.job._id)
  const again = await until('the unit taken up again', () =>
    JobModel.findOne({ _id: first.job._id, fence: { $gt: first.job.fence + 1 } })
      .setOptions({ sanitizeFilter: false })
      .lean(),
  )
  assert.equal(again.attempts, 1, 'it has all its attempts again')
  const left = await findFfmpegOf(videoId)
  assert.deepEqual(
    first.pids.filter((pid) => left.includes(pid)),
    [],
    'its FFmpeg has ended',
  )
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  for (const { name } of video.revision?.renditions ?? []) await assertExact(videoId, name)
  const units = await JobModel.find({ videoId, kind: 'transcode' }).lean()
  for (const unit of units) {
    const outcomes = presentJob(unit, '').history.map(({ outcome }) => outcome)
    assert.deepEqual(outcomes, unit._id === first.job._id ? ['requeued', 'done'] : ['done'], unit.unit)
  }
  await assert.rejects(requeueJob(first.job._id), (error) => isPeekrError(error) && error.code === 'conflict')
})

async function claim(kind: JobRecord['kind']): Promise<JobRecord> {
  return until(`a ${kind} job`, () => claimJob('here', [kind]))
}

/** As when its holder has not been heard of for too long. */
async function expire({ _id }: JobRecord): Promise<void> {
  await JobModel.updateOne({ _id }, { $set: { 'lease.expiresAt': new Date(0) } })
}

async function runHere(kind: JobRecord['kind']): Promise<void> {
  const options = { handlers: STAGES, jobsMax: 1, onEnded: onJobEnded }
  await runJob(await claim(kind), new AbortController(), options, () => false)
}

/**
 * Stops FFmpeg at the one unit that is under way, which thus cannot end by itself, however fast the machine is.
 * @returns null while none is
 */
async function holdUnit(videoId: string): Promise<{ job: JobRecord; pids: number[] } | null> {
  const found = await findFfmpegOf(videoId)
  const commands = await Promise.all(
    found.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
  )
  // None that makes pictures beside it: that would stand still for ever.
  const encoding = found.filter((_, at) => commands[at]?.includes('hls_segment_filename'))
  const pids = encoding.filter((pid) => trySignal(pid, 'SIGSTOP'))
  const job = await JobModel.findOne({ videoId, kind: 'transcode', state: 'running' }).lean()
  const states = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')))
  if (job && states.some((stat) => /^\d+ \(ffmpeg\) T/.test(stat))) return { job, pids }
  for (const pid of pids) trySignal(pid, 'SIGCONT')
  return null
}

/** Whether there is still such a process. */
function trySignal(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Every frame once and at its time. */
async function assertExact(videoId: string, name: string): Promise<void> {
  const revisions = join(peekr.dataPath, 'library', videoId, 'revisions')
  const [revision = ''] = await namesIn(revisions)
  const path = join(revisions, revision, name)
  const { segments } = parseMediaPlaylist(await readFile(join(path, 'media.m3u8'), 'utf8'))
  const times: number[] = []
  for (const segment of segments)
    times.push(...readPictureTimes(await readFile(join(path, segment.name)), 'fmp4'))
  const wanted = Array.from({ length: SECONDS * FRAME_RATE }, (_, at) =>
    Math.round((10 + at / FRAME_RATE) * TICKS_PER_SECOND),
  )
  assert.deepEqual(times, wanted, name)
}
