import { getJob } from '#lib/admin/cancel-job'
import { retryVideo } from '#lib/catalog/retry-video'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { PeekrError } from '#lib/errors'
import { buildAttempt, keepAttempt } from '#lib/jobs/job-attempt'
import { tellHolders, wakeJobs } from '#lib/jobs/wake'

const TRUSTED = { sanitizeFilter: false } as const

/**
 * Puts one job, such as one unit of a video, back into the queue: due at once, with all its attempts before it. One that
 * runs is taken from its holder, whose FFmpeg ends within a heartbeat and whose late writes count for nothing; the other
 * units of the video go on. One that failed or was cancelled has ended its video, which goes on from what is whole.
 * @throws not_found; conflict for a job that is done, a deletion, and where no retry can help.
 */
export async function requeueJob(jobId: string): Promise<void> {
  const job = await getJob(jobId)
  if (job.kind === 'delete') {
    throw new PeekrError('conflict', {
      message: 'A deletion is tried again by itself; there is nothing to do.',
    })
  }
  if (job.state === 'failed' || job.state === 'cancelled') return retryVideo(job.videoId)
  if (await putBack(job)) return
  throw new PeekrError('conflict', {
    message: 'This job is done already. To make the whole video anew, choose “Encode anew” in its menu.',
  })
}

/** Whether it was waiting or running; somebody else may have ended it since it was read. */
async function putBack(job: JobRecord): Promise<boolean> {
  const now = await getServerTime()
  const entry = buildAttempt(job, { outcome: 'requeued', endedAt: now, log: job.log })
  const back = await JobModel.updateOne(
    { _id: job._id, fence: job.fence, state: job.state === 'running' ? 'running' : 'queued' },
    {
      $set: {
        ...{ state: 'queued', attempts: 0, progress: 0, runAfter: now, lease: null },
        ...{ cancelRequested: false, failure: null },
      },
      $inc: { fence: 1 },
      ...(job.state === 'running' && { $push: keepAttempt(entry) }),
    },
    TRUSTED,
  )
  tellHolders()
  wakeJobs()
  return back.modifiedCount === 1
}
