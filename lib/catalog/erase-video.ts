import { stopJobs } from '#lib/catalog/stop-jobs'
import { isToErase } from '#lib/db/bin-filters'
import { BuildModel } from '#lib/db/models/build'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { ProofModel } from '#lib/db/models/proof'
import { ShareLinkModel } from '#lib/db/models/share-link'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import { getLibrary } from '#lib/jobs/library'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { removeUploadFile } from '#lib/upload/upload-files'

/**
 * The `delete` job: waits for the video's other jobs to stop, then removes its files, its upload's bytes, its jobs and
 * its record, which goes last: until then the sweep comes back. A video that was taken out of the bin meanwhile stays.
 * Twice is safe.
 * @throws worker_lost when another job does not stop in time; the job is tried again.
 */
export async function eraseVideo(job: JobRecord, { signal }: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  const video = await VideoModel.findById(videoId, { deletedAt: 1, eraseAt: 1 }).lean()
  if (video !== null && !isToErase(video, await getServerTime())) return { result: null, encoder: null }
  await stopJobs(videoId, signal)
  await (await getLibrary()).deleteVideo(videoId)
  for (const made of [{ videoId }, { replaces: videoId }]) {
    for (const { _id } of await UploadModel.find(made, { _id: 1 }).lean()) {
      await UploadModel.updateOne({ _id }, { $set: { state: 'abandoned' } })
      await removeUploadFile(_id)
    }
  }
  await JobModel.deleteMany({ videoId, kind: { $ne: 'delete' } }).setOptions({ sanitizeFilter: false })
  await BuildModel.deleteOne({ videoId })
  await ProofModel.deleteOne({ _id: videoId })
  await ShareLinkModel.deleteMany({ videoId })
  await VideoModel.deleteOne({ _id: videoId })
  return { result: null, encoder: null }
}
