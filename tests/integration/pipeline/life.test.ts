import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { cancelJob } from '#lib/admin/cancel-job'
import { eraseFromBin } from '#lib/catalog/bin/empty-bin'
import { removeVideo } from '#lib/catalog/remove-video'
import { retryVideo } from '#lib/catalog/retry-video'
import { updateVideo } from '#lib/catalog/update-video'
import { JobModel } from '#lib/db/models/job'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { isPeekrError } from '#lib/errors'
import { advanceVideo, onJobEnded, sweepPipeline } from '#lib/pipeline'
import { streamResponse } from '#lib/stream/stream-response'
import { createUpload } from '#lib/upload/create-upload'
import { finishUpload } from '#lib/upload/finish-upload'
import { makeClip } from '../../support/make-clip.ts'
import {
  findFfmpegOf,
  getJobOf,
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEncoding,
  waitForEnd,
} from '../../support/pipeline-test.ts'

let peekr: PipelineTest
let clips = ''
let short = ''
let long = ''
before(async () => {
  clips = await mkdtemp(join(tmpdir(), 'peekr-clips-'))
  short = await makeClip({ folder: clips, name: 'short.mp4', seconds: 1 })
  long = await makeClip({ folder: clips, name: 'long.mp4', seconds: 40, width: 1280, height: 720 })
  peekr = await openPipelineTest()
  await peekr.start()
})
after(async () => {
  await peekr.close()
  await rm(clips, { recursive: true, force: true })
})

test('a good clip becomes ready and playable, its hash is the file’s, and the original is gone', async () => {
  const videoId = await importClip(peekr, short)
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  assert.equal(video.playable, true)
  assert.equal(video.progress, 1)
  assert.equal(
    video.source.sha256,
    createHash('sha256')
      .update(await readFile(short))
      .digest('hex'),
  )
  await waitForJobs(videoId)
  const library = join(peekr.dataPath, 'library', videoId)
  assert.deepEqual(await namesIn(library, 'source'), [])
  assert.deepEqual(await namesIn(library, 'attempts'), [])
  assert.deepEqual(await namesIn(library, 'revisions'), [video.revision?.id])
  assert.equal((await namesIn(peekr.dataPath, 'snapshots', videoId)).length, 1)
  assert.deepEqual(await namesIn(peekr.dataPath, 'uploads'), [])
})

test('with originals kept, the original stays as it was uploaded', async () => {
  peekr.configure({ PEEKR_ORIGINALS: 'keep' })
  const videoId = await importClip(peekr, short)
  assert.equal((await waitForEnd(videoId)).state, 'ready')
  await waitForJobs(videoId)
  peekr.configure({})
  const source = await readFile(join(peekr.dataPath, 'library', videoId, 'source/original'))
  assert.ok(source.equals(await readFile(short)))
})

test('every event delivered again, at once, with sweeps between, changes nothing', async () => {
  const videoId = await importClip(peekr, short)
  const { uploadId } = (await VideoModel.findById(videoId).lean()) as VideoRecord
  // While it is on its way …
  const ended = until('the end', async () => {
    const jobs = await JobModel.find({ videoId }).lean()
    await Promise.all([finishUpload(uploadId), advanceVideo(videoId), advanceVideo(videoId), sweepPipeline()])
    const done = jobs.filter(({ state }) => state === 'done')
    await Promise.all([...done, ...done].map((job) => onJobEnded(job)))
    return (await VideoModel.exists({ _id: videoId, state: 'ready' })) !== null
  })
  await ended
  await waitForJobs(videoId)
  const look = async () => ({
    video: await VideoModel.findById(videoId).lean(),
    jobs: await JobModel.find({ videoId }).sort({ kind: 1 }).lean(),
    snapshots: await namesIn(peekr.dataPath, 'snapshots', videoId),
  })
  const first = await look()
  assert.deepEqual(
    first.jobs
      .filter(({ kind }) => kind !== 'assemble')
      .map(({ kind, unit, state, attempts }) => `${kind}${unit && ` ${unit}`} ${state} ${attempts}`)
      .sort(),
    [
      'hash done 1',
      'ingest done 1',
      'pictures done 1',
      'plan done 1',
      'publish done 1',
      'sound done 1',
      'transcode 0-low done 1',
    ],
  )
  assert.equal(first.snapshots.length, 1)
  // … and when it is done.
  await Promise.all([...first.jobs, ...first.jobs].map((job) => onJobEnded(job)))
  await Promise.all([sweepPipeline(), sweepPipeline(), finishUpload(uploadId)])
  assert.deepEqual(await look(), first)
})

test('a publish that is repeated after a crash behind it leaves the video as it is', async () => {
  const videoId = await importClip(peekr, short)
  await waitForEnd(videoId)
  await waitForJobs(videoId)
  const before = await VideoModel.findById(videoId).lean()
  // As after a SIGKILL between the publish and its own end: running, its holder silent.
  await JobModel.updateOne(
    { videoId, kind: 'publish' },
    { $set: { state: 'running', lease: { holder: 'dead', expiresAt: new Date(0) } } },
  )
  await until('the second publish', async () => {
    const job = await getJobOf(videoId, 'publish')
    return job.state === 'done' && job.attempts === 2
  })
  assert.deepEqual(await VideoModel.findById(videoId).lean(), before)
  assert.equal((await namesIn(peekr.dataPath, 'snapshots', videoId)).length, 1)
})

test('a crash between the ingest’s last step and its end costs nothing but the time of its lease', async () => {
  const planned = plan(peekr)
  await createUpload(planned)
  const { uploadId, videoId } = planned
  await writeFile(join(peekr.dataPath, 'uploads', uploadId), await readFile(short))
  const holder = { holder: 'dead', expiresAt: new Date(Date.now() + 5_000) }
  const record = { attempts: 1, progress: 0, fence: 1, log: [], createdAt: new Date(), runAfter: new Date() }
  await JobModel.create({
    _id: createId(),
    videoId,
    kind: 'ingest',
    state: 'running',
    lease: holder,
    ...record,
  })
  await UploadModel.updateOne({ _id: uploadId }, { $set: { state: 'finished' } })
  await VideoModel.updateOne({ _id: videoId }, { $set: { state: 'transcoding', progress: 0.02 } })
  await sweepPipeline()
  assert.equal(await JobModel.findOne({ videoId, kind: 'transcode' }).lean(), null, 'it did not wait')
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  assert.equal((await getJobOf(videoId, 'transcode')).attempts, 1)
})

test('a failure whose telling was lost reaches the owner with the next sweep', async () => {
  for (const [code, keepsSource] of [
    ['worker_lost', true],
    ['source_corrupt', false],
    ['tool_missing', true],
  ] as const) {
    const planned = plan(peekr)
    await createUpload(planned)
    const { uploadId, videoId } = planned
    const failure = { code, message: 'A sentence.' }
    const record = {
      attempts: 3,
      progress: 0,
      fence: 3,
      log: [],
      createdAt: new Date(),
      runAfter: new Date(),
    }
    await JobModel.create({ _id: createId(), videoId, kind: 'ingest', state: 'failed', failure, ...record })
    await UploadModel.updateOne({ _id: uploadId }, { $set: { state: 'finished' } })
    await VideoModel.updateOne({ _id: videoId }, { $set: { state: 'ingesting' } })
    await sweepPipeline()
    const video = await VideoModel.findById(videoId).lean()
    assert.equal(video?.state, 'failed')
    assert.deepEqual(video?.failure, failure)
    assert.equal((await namesIn(peekr.dataPath, 'uploads')).includes(uploadId), keepsSource, code)
    await remove(videoId)
  }
})

test('a failing video never holds up the next: a hostile file, then a good one', async () => {
  const hostile = join(clips, 'hostile.mp4')
  await writeFile(hostile, '#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n')
  const bad = await importClip(peekr, hostile)
  const good = await importClip(peekr, short)
  assert.equal((await waitForEnd(good)).state, 'ready')
  const video = await waitForEnd(bad)
  assert.equal(video.state, 'failed')
  assert.match(video.failure?.code ?? '', /^source_/)
  assert.match(video.failure?.message ?? '', /^[A-Z].*\.$/)
  assert.deepEqual(await namesIn(peekr.dataPath, 'library', bad), [])
  await assert.rejects(retryVideo(bad), (error) => {
    assert.ok(isPeekrError(error) && error.code === 'conflict')
    assert.match(error.message, /^Trying again cannot help here\. .+\.$/)
    return true
  })
})

test('cancelled while encoding: FFmpeg is gone within 2 s, the video failed as cancelled, and a retry makes it ready', async (t) => {
  // Of a smaller picture than the long one, since it is encoded to its end, yet the last unit must not be done before it is cancelled.
  const clip = await makeClip({ folder: clips, name: 'middle.mp4', seconds: 48, width: 640, height: 360 })
  const videoId = await importClip(peekr, clip)
  await waitForEncoding(videoId)
  const startedAt = performance.now()
  // The last unit: an earlier one may end before it is cancelled.
  const [last] = await JobModel.find({ videoId, kind: 'transcode' }).sort({ unit: -1 }).limit(1).lean()
  assert.ok(last)
  // As the API does it.
  await advanceVideo((await cancelJob(last._id)).videoId)
  await until('FFmpeg gone', async () => (await findFfmpegOf(videoId)).length === 0, 10_000)
  const elapsedMs = performance.now() - startedAt
  t.diagnostic(`FFmpeg was gone after ${Math.round(elapsedMs)} ms`)
  assert.ok(elapsedMs < 2_000, `it took ${Math.round(elapsedMs)} ms`)
  const video = await waitForEnd(videoId)
  assert.equal(video.failure?.code, 'cancelled')
  assert.equal((await JobModel.findById(last._id).lean())?.state, 'cancelled')
  assert.deepEqual(await namesIn(peekr.dataPath, 'library', videoId, 'attempts'), [])
  // Two clicks at once are one retry.
  await Promise.allSettled([retryVideo(videoId), retryVideo(videoId)])
  const again = await waitForEnd(videoId)
  assert.equal(again.state, 'ready', JSON.stringify(again.failure))
})

test('cancelling one job of a video stops the others, and the reason told is the cancellation', async () => {
  const videoId = await importClip(peekr, long)
  await waitForEncoding(videoId)
  await until('the hash', async () => (await getJobOf(videoId, 'hash')).state === 'done')
  await JobModel.updateOne(
    { videoId, kind: 'hash' },
    { $set: { state: 'queued', runAfter: new Date(Date.now() + 1e8) } },
  )
  await cancelJob((await getJobOf(videoId, 'hash'))._id)
  await advanceVideo(videoId)
  const video = await waitForEnd(videoId)
  assert.equal(video.failure?.code, 'cancelled')
  assert.deepEqual(await findFfmpegOf(videoId), [])
  // Units that had ended before stay done.
  assert.ok(await JobModel.exists({ videoId, kind: 'transcode', state: 'cancelled' }))
  await remove(videoId)
})

test('deleted while encoding: FFmpeg, files, jobs and records go, and the address answers 404', async () => {
  const videoId = await importClip(peekr, long)
  await waitForEncoding(videoId)
  await remove(videoId)
  assert.deepEqual(await findFfmpegOf(videoId), [])
})

test('deleted while uploading: the bytes that came, the upload and the records go', async () => {
  const planned = plan(peekr)
  await createUpload(planned)
  await remove(planned.videoId)
  assert.ok(!(await namesIn(peekr.dataPath, 'uploads')).includes(planned.uploadId))
  assert.equal((await UploadModel.findById(planned.uploadId).lean())?.state, 'abandoned')
  // The client's last chunk may be under way still.
  await finishUpload(planned.uploadId)
  assert.equal(await JobModel.countDocuments({ videoId: planned.videoId }), 0)
})

test('deleted when ready: playback is 404 at once, and files, snapshots, jobs and records go', async () => {
  const videoId = await importClip(peekr, short)
  const { revision } = await waitForEnd(videoId)
  await updateVideo({ viewer: peekr.owner, videoId, changes: { visibility: 'public' } })
  const url = `http://peekr.test/stream/${videoId}/${revision?.id}/multivariant.m3u8`
  assert.equal((await streamResponse(new Request(url))).status, 200)
  await removeVideo({ viewer: peekr.owner, videoId })
  assert.equal((await streamResponse(new Request(url))).status, 404)
  await eraseFromBin({ viewer: peekr.owner, videoId })
  await waitUntilGone(videoId)
})

test('details edited while a publish writes video.json are the ones it ends with', async () => {
  const videoId = await importClip(peekr, short)
  const titles = Array.from({ length: 30 }, (_, at) => `Title ${at}`)
  await waitForEnd(videoId)
  await Promise.all(titles.map((title) => updateVideo({ viewer: peekr.owner, videoId, changes: { title } })))
  const stored = JSON.parse(await readFile(join(peekr.dataPath, 'library', videoId, 'video.json'), 'utf8'))
  assert.equal(stored.title, (await VideoModel.findById(videoId).lean())?.title)
})

test('what is queued once more when its video lies in the bin is not begun', async () => {
  const videoId = await importClip(peekr, long)
  await waitForEncoding(videoId)
  await removeVideo({ viewer: peekr.owner, videoId })
  const ended = { videoId, kind: 'transcode', state: 'cancelled' } as const
  const { _id } = await until('a part that was given up', () => JobModel.findOne(ended).lean())
  const again = { state: 'queued', cancelRequested: false, runAfter: new Date(), lease: null }
  await JobModel.updateOne({ _id }, { $set: again })
  await until('its end', () =>
    JobModel.exists({ _id, state: { $nin: ['queued', 'running'] } }).setOptions({ sanitizeFilter: false }),
  )
  assert.equal((await JobModel.findById(_id).lean())?.state, 'cancelled')
  await remove(videoId)
})

test('jobs handed to a video that is gone are forgotten', async () => {
  const videoId = createId()
  const record = { attempts: 0, progress: 0, fence: 0, log: [], createdAt: new Date(), runAfter: new Date() }
  await JobModel.create({ _id: createId(), videoId, kind: 'ingest', state: 'queued', ...record })
  await until('the job gone', async () => (await JobModel.countDocuments({ videoId })) === 0, 15_000)
  assert.deepEqual(await namesIn(peekr.dataPath, 'library', videoId), [])
})

async function remove(videoId: string): Promise<void> {
  const isInBin = (await VideoModel.findById(videoId).lean())?.deletedAt != null
  const eraseAt = isInBin ? undefined : await removeVideo({ viewer: peekr.owner, videoId })
  if (eraseAt !== null) await eraseFromBin({ viewer: peekr.owner, videoId })
  await waitUntilGone(videoId)
}

async function waitUntilGone(videoId: string): Promise<void> {
  await until('the record gone', async () => (await VideoModel.findById(videoId).lean()) === null, 20_000)
  await until('the jobs gone', async () => (await JobModel.countDocuments({ videoId })) === 0, 5_000)
  for (const folder of ['library', 'snapshots']) {
    assert.ok(!(await namesIn(peekr.dataPath, folder)).includes(videoId), folder)
  }
}

async function waitForJobs(videoId: string): Promise<void> {
  await until('all jobs ended', async () => {
    const states = await JobModel.find({ videoId }, { state: 1 }).lean()
    return states.length >= 8 && states.every(({ state }) => state === 'done')
  })
}

function plan({ owner }: PipelineTest) {
  return {
    uploadId: createId(),
    videoId: createId(),
    owner,
    sizeBytes: 1_000,
    metadata: { filename: 'clip.mp4', title: 'Clip', visibility: 'private' as const },
    metadataHeader: '',
  }
}
