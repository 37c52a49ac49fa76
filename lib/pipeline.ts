import { JobModel, type JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { failVideo, moveVideo } from '#lib/db/move-video'
import type { VideoState } from '#lib/domain/video'
import { type ErrorCode, isRetryable, PeekrError } from '#lib/errors'
import { forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import { enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import type { JobHandlers } from '#lib/jobs/run-job'
import { forgetUpload } from '#lib/upload/upload-files'

/**
 * A video's life in order. Each stage is loaded when its first job comes, and ends by moving the video on;
 * which job is next is read from where the video stands, so a crash between two stages costs nothing.
 */
export const STAGES: JobHandlers = {
  ingest: async (job, context) => (await import('#lib/ingest/ingest-video')).ingestVideo(job, context),
  hash: async (job, context) => (await import('#lib/ingest/hash-source')).hashSource(job, context),
  transcode: async (job, context) =>
    (await import('#lib/transcode/transcode-video')).transcodeVideo(job, context),
  publish: async (job, context) => (await import('#lib/publish/publish-video')).publishVideo(job, context),
  delete: async (job) => (await import('#lib/catalog/erase-video')).eraseVideo(job),
}

const UNDER_WAY: VideoState[] = ['ingesting', 'transcoding']

/** Queues what is next for one video. Calling it at any time, any number of times, is safe. */
export async function advanceVideo(videoId: string): Promise<void> {
  const video = await VideoModel.findById(videoId, { state: 1, deletedAt: 1, uploadId: 1 }).lean()
  if (video === null) return
  if (video.deletedAt !== null) return enqueueJob('delete', videoId, { fresh: true })
  if (video.state === 'ingesting') return enqueueJob('ingest', videoId)
  if (video.state !== 'transcoding') return
  await forgetUpload(video.uploadId)
  await enqueueJob('transcode', videoId)
  await enqueueJob('hash', videoId)
  const done = await JobModel.find({ videoId, state: 'done' }, { kind: 1 }).lean()
  const isDone = (kind: JobRecord['kind']) => done.some((job) => job.kind === kind)
  if (isDone('transcode') && isDone('hash')) await enqueueJob('publish', videoId)
}

/** Runs after every job that ended well. */
export async function onJobDone(job: JobRecord): Promise<void> {
  if (job.kind === 'delete') await JobModel.deleteMany({ videoId: job.videoId })
  else await advanceVideo(job.videoId)
}

/** Runs after a job failed for good: tells the owner why, and keeps the source only where a retry could use it. */
export async function onJobFailed(
  job: JobRecord,
  failure: { code: ErrorCode; message: string },
): Promise<void> {
  if (job.kind === 'delete') return // the sweep tries again
  await failVideo(job.videoId, failure)
  const library = await getLibrary()
  if (isRetryable(failure.code)) return library.removeAttempts(job.videoId)
  const video = await VideoModel.findById(job.videoId, { uploadId: 1 }).lean()
  if (video !== null) await forgetUpload(video.uploadId)
  await library.deleteVideo(job.videoId)
}

/**
 * Starts a failed video again from the stage that can still be done.
 * @throws conflict when it did not fail, or when its source is gone.
 */
export async function retryVideo(videoId: string): Promise<void> {
  const video = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (video === null) throw new PeekrError('not_found')
  if (video.state !== 'failed') {
    throw new PeekrError('conflict', {
      message: `This video is ${video.state}; only a failed one can be retried.`,
    })
  }
  if (video.failure !== null && !isRetryable(video.failure.code)) {
    throw new PeekrError('conflict', {
      message:
        'Trying again cannot help here: the file itself is the problem. Delete this video and upload another file.',
    })
  }
  const ingested = await JobModel.exists({ videoId, kind: 'ingest', state: 'done' })
  await forgetEndedJobs(videoId, ingested ? ['hash', 'transcode', 'publish'] : ['ingest'])
  await moveVideo(videoId, ingested ? 'transcoding' : 'ingesting', { progress: 0 })
  await advanceVideo(videoId)
}

/** Makes up for every event that was lost: looks at each video that is on its way. */
export async function sweepPipeline(): Promise<void> {
  const underWay = { $or: [{ state: { $in: UNDER_WAY } }, { deletedAt: { $ne: null } }] }
  const videos = await VideoModel.find(underWay, { _id: 1 }).setOptions({ sanitizeFilter: false }).lean()
  for (const video of videos) await advanceVideo(video._id)
}
