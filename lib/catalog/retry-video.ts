import { JOB_KINDS, JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { moveVideo } from '#lib/db/move-video'
import { isSourceFault, PeekrError } from '#lib/errors'
import { forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import { enqueueJob } from '#lib/jobs/leases'

/**
 * Starts a failed video again from the stage that can still be done, or what was left over of a publish (snapshot,
 * original) of one that is ready. The caller has checked who asks.
 * @throws not_found; conflict when there is nothing to retry, or when no retry can help.
 */
export async function retryVideo(videoId: string): Promise<void> {
  const video = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (video === null) throw new PeekrError('not_found')
  const { state, failure } = video
  if (state === 'ready' && (await hasUnfinishedPublish(videoId))) {
    return enqueueJob('publish', videoId, { fresh: true })
  }
  if (state !== 'failed') {
    throw new PeekrError('conflict', { message: `This video is ${state}; only a failed one can be retried.` })
  }
  if (failure !== null && (isSourceFault(failure.code) || failure.code === 'upload_expired')) {
    throw new PeekrError('conflict', { message: `Trying again cannot help here. ${failure.message}` })
  }
  const ingested = (await JobModel.exists({ videoId, kind: 'ingest', state: 'done' })) !== null
  // What is done stays done: the units of an encode that failed in one of them are not made again.
  await forgetEndedJobs(videoId, JOB_KINDS, ['failed', 'cancelled'])
  // Planning again changes nothing, and its end moves the video on.
  await forgetEndedJobs(videoId, ['plan'])
  // From `failed` only: a second click that comes late must not take a ready video back.
  const next = ingested ? 'transcoding' : 'ingesting'
  if (!(await moveVideo(videoId, next, { progress: 0 }, ['failed']))) return
  for (const kind of ingested ? (['hash', 'plan'] as const) : (['ingest'] as const))
    await enqueueJob(kind, videoId)
}

async function hasUnfinishedPublish(videoId: string): Promise<boolean> {
  const publish = await JobModel.findOne({ videoId, kind: 'publish' }, { state: 1 }).lean()
  return publish?.state === 'failed' || publish?.state === 'cancelled'
}
