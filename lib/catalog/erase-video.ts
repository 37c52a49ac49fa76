import { setTimeout as sleep } from 'node:timers/promises'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { cancelJobs } from '#lib/jobs/cancel-jobs'
import { getLibrary } from '#lib/jobs/library'
import type { JobOutcome } from '#lib/jobs/run-job'

const RUNNING_WAIT_MS = 10_000
const RUNNING_POLL_MS = 250

/**
 * The `delete` job: waits for the video's other jobs to stop, then removes its files, its jobs and its record.
 * The upload is marked as abandoned, and its bytes go with the upload sweep. Twice is safe.
 * @throws worker_lost when another job does not stop in time; the job is tried again.
 */
export async function eraseVideo(job: JobRecord): Promise<JobOutcome> {
  const { videoId } = job
  const deadline = Date.now() + RUNNING_WAIT_MS
  while ((await cancelJobs(videoId, ['delete'])) > 0) {
    if (Date.now() > deadline) throw new PeekrError('worker_lost', { details: { videoId } })
    await sleep(RUNNING_POLL_MS)
  }
  const library = await getLibrary()
  await library.deleteVideo(videoId)
  await UploadModel.updateOne({ videoId }, { $set: { state: 'abandoned' } })
  await JobModel.deleteMany({ videoId, kind: { $ne: 'delete' } }).setOptions({ sanitizeFilter: false })
  await VideoModel.deleteOne({ _id: videoId })
  return { result: null, encoder: null }
}
