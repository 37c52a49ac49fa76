import { buildEraseFilter, isToErase } from '#lib/db/bin-filters'
import { BuildModel } from '#lib/db/models/build'
import { JOB_KINDS, JobModel, type JobRecord, type JobState } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { failVideo, moveVideo } from '#lib/db/move-video'
import { getServerTime } from '#lib/db/server-time'
import type { VideoFailure, VideoState } from '#lib/domain/video'
import { errorMessage, isSourceFault } from '#lib/errors'
import { cancelJobs, forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import { enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import type { JobHandlers } from '#lib/jobs/run-job'
import { settleSources } from '#lib/jobs/settle-sources'
import { getLog } from '#lib/log'
import { queueUnits } from '#lib/transcode/queue-units'
import { forgetUpload } from '#lib/upload/upload-files'

/**
 * A video's life in order. Each stage is loaded when its first job comes, and ends by moving the video on;
 * which job is next is read from where the video stands, so a crash between two stages costs nothing.
 */
export const STAGES: JobHandlers = {
  replace: async (job, context) =>
    (await import('#lib/catalog/begin-replacement')).beginReplacement(job, context),
  ingest: async (job, context) => (await import('#lib/ingest/ingest-video')).ingestVideo(job, context),
  hash: async (job, context) => (await import('#lib/ingest/hash-source')).hashSource(job, context),
  plan: async (job, context) => (await import('#lib/transcode/plan-video')).planVideo(job, context),
  transcode: async (job, context) =>
    (await import('#lib/transcode/transcode-unit')).transcodeUnit(job, context),
  sound: async (job, context) => (await import('#lib/transcode/encode-sound')).encodeSound(job, context),
  copy: async (job, context) => (await import('#lib/transcode/copy/copy-top')).copyTop(job, context),
  tracks: async (job, context) =>
    (await import('#lib/transcode/tracks/make-tracks')).makeTracks(job, context),
  assemble: async (job, context) =>
    (await import('#lib/transcode/assemble-video')).assembleVideo(job, context),
  pictures: async (job, context) => (await import('#lib/transcode/add-pictures')).addPictures(job, context),
  publish: async (job, context) => (await import('#lib/publish/publish-video')).publishVideo(job, context),
  delete: async (job, context) => (await import('#lib/catalog/erase-video')).eraseVideo(job, context),
}

const UNDER_WAY: VideoState[] = ['ingesting', 'transcoding']
const ENDED: JobState[] = ['done', 'failed', 'cancelled']

/** Does what is next for one video. Calling it at any time, any number of times, is safe. */
export async function advanceVideo(videoId: string): Promise<void> {
  const video = await VideoModel.findById(videoId, {
    state: 1,
    deletedAt: 1,
    eraseAt: 1,
    uploadId: 1,
    replacing: 1,
    revision: 1,
    publishedAt: 1,
  }).lean()
  if (video === null) return forgetEndedJobs(videoId, JOB_KINDS)
  if (video.deletedAt !== null) {
    // What lies in the bin stays as it is.
    return isToErase(video, await getServerTime())
      ? enqueueJob('delete', videoId, { fresh: true })
      : undefined
  }
  if (!UNDER_WAY.includes(video.state)) return
  // Read after the video: a job that ended badly before its last retry is forgotten by now.
  const jobs = await JobModel.find({ videoId }, { kind: 1, state: 1, failure: 1 }).lean()
  const isDone = (kind: JobRecord['kind']) => jobs.some((job) => job.kind === kind && job.state === 'done')
  const isBegun = video.replacing?.isBegun ?? true
  // A video without a picture of it is still a video. Until a replacement has begun, the other jobs are of the old file.
  const needed = jobs.filter(({ kind }) => (isBegun ? kind !== 'pictures' : kind === 'replace'))
  const spoiler =
    needed.find(({ state }) => state === 'failed') ?? needed.find(({ state }) => state === 'cancelled')
  if (spoiler !== undefined) return settleFailure(video, spoiler)
  if (!isBegun) return enqueueJob('replace', videoId, { fresh: true })
  // The ingest moves the video on before its own end is written; what needs its result waits for that.
  if (!isDone('ingest')) return enqueueJob('ingest', videoId)
  await forgetUpload(video.replacing?.uploadId ?? video.uploadId)
  await enqueueJob('plan', videoId)
  if (!isDone('plan')) return
  const isClosed = await queueUnits(videoId)
  const pictures = jobs.find(({ kind }) => kind === 'pictures')
  // Reading all of a large file would hold up the first seconds of it, and is in time for the publish.
  if (isClosed || pictures !== undefined) await enqueueJob('hash', videoId)
  const hasPictures = pictures !== undefined && ENDED.includes(pictures.state)
  if (isClosed && hasPictures && isDone('hash')) await enqueueJob('publish', videoId)
}

/** Runs after every job that ended for good, well or badly. Delivered twice it changes nothing. */
export async function onJobEnded(job: JobRecord): Promise<void> {
  // A deletion that failed is left to the sweep, or it would be tried again without a pause.
  if (job.kind === 'delete' && (await VideoModel.exists({ _id: job.videoId }))) return
  await advanceVideo(job.videoId)
}

/**
 * Ends a video of which a job ended badly: stops its other jobs, keeps the source only where a retry could use it,
 * and then tells the owner why. Marking comes last, so a crash before it is made up for; until every other job has
 * stopped it does nothing more, and the last of them comes here again.
 */
async function settleFailure(
  video: Pick<VideoRecord, '_id' | 'uploadId' | 'replacing' | 'revision' | 'publishedAt'>,
  { failure }: Pick<JobRecord, 'failure'>,
): Promise<void> {
  const { _id: videoId, uploadId, publishedAt } = video
  if ((await cancelJobs(videoId, ['delete'])) > 0) return
  const reason = failure ?? { code: 'internal' as const, message: errorMessage('internal') }
  const library = await getLibrary()
  if (isSourceFault(reason.code) && publishedAt === null) {
    await forgetUpload(uploadId)
    await library.deleteVideo(videoId)
    await BuildModel.deleteOne({ videoId })
  } else {
    // Units that are done stay for a retry.
    await library.removeAttempts(videoId)
  }
  if (publishedAt === null) await failVideo(videoId, reason)
  else await keepPublished(video, reason)
}

/** What was published goes on playing; what was to replace it is given up, and the reason stays to be read. */
async function keepPublished(
  { _id: videoId, replacing }: Pick<VideoRecord, '_id' | 'replacing'>,
  failure: VideoFailure,
): Promise<void> {
  const library = await getLibrary()
  const build = await BuildModel.findOne({ videoId }, { _id: 1 }).lean()
  if (build !== null) await library.removeRevision(videoId, build._id)
  await library.removeUnits(videoId)
  await BuildModel.deleteOne({ videoId })
  await moveVideo(videoId, 'ready', { failure, progress: 1, replacing: null }, UNDER_WAY)
  if (!replacing) return
  // Of the file that was refused nothing stays, nor what was found in it.
  await forgetUpload(replacing.uploadId)
  await settleSources(videoId)
  await forgetEndedJobs(videoId, ['replace', 'ingest', 'hash'])
}

/** Makes up for every event that was lost: looks at each video that is on its way. One's trouble is not another's. */
export async function sweepPipeline(): Promise<void> {
  const underWay = {
    $or: [{ state: { $in: UNDER_WAY }, deletedAt: null }, buildEraseFilter(await getServerTime())],
  }
  const videos = await VideoModel.find(underWay, { _id: 1 }).setOptions({ sanitizeFilter: false }).lean()
  for (const { _id: videoId } of videos) {
    await advanceVideo(videoId).catch((error) =>
      getLog('sweep').warn(
        { err: error, videoId },
        'this video could not be moved on; the next sweep tries again',
      ),
    )
  }
}
