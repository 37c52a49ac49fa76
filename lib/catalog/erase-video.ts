import { setTimeout as sleep } from 'node:timers/promises'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { cancelJobs } from '#lib/jobs/cancel-jobs'
import { getLibrary } from '#lib/jobs/library'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { removeUploadFile } from '#lib/upload/upload-files'

/** A holder that died leaves a lease of 20 s; the attempts at this job outlast it. */
const RUNNING_POLLS_MAX = 50
const RUNNING_POLL_MS = 200

/**
 * The `delete` job: waits for the video's other jobs to stop, then removes its files, its upload's bytes, its jobs and
 * its record, which goes last: until then the sweep comes back. Twice is safe.
 * @throws worker_lost when another job does not stop in time; the job is tried again.
 */
export async function eraseVideo(job: JobRecord, { signal }: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  for (let poll = 0; (await cancelJobs(videoId, ['delete'])) > 0; poll += 1) {
    if (poll === RUNNING_POLLS_MAX) throw new PeekrError('worker_lost', { details: { videoId } })
    await sleep(RUNNING_POLL_MS, undefined, { signal })
  }
  await (await getLibrary()).deleteVideo(videoId)
  const upload = await UploadModel.findOneAndUpdate({ videoId }, { $set: { state: 'abandoned' } }).lean()
  if (upload !== null) await removeUploadFile(upload._id)
  await JobModel.deleteMany({ videoId, kind: { $ne: 'delete' } }).setOptions({ sanitizeFilter: false })
  await VideoModel.deleteOne({ _id: videoId })
  return { result: null, encoder: null }
}
