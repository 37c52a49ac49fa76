import { JobModel, type JobRecord } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { errorMessage, PeekrError } from '#lib/errors'
import { tellHolders } from '#lib/jobs/wake'

const TRUSTED = { sanitizeFilter: false } as const

/** The job of that id. @throws not_found */
export async function getJob(jobId: string): Promise<JobRecord> {
  const job = await JobModel.findOne({ _id: jobId }).lean()
  if (job !== null) return job
  throw new PeekrError('not_found', { message: 'There is no such job any more. Reload the list.' })
}

/**
 * Stops a job: a waiting one at once, a running one (FFmpeg with it) within its next heartbeat. Returns the job as it
 * was; the pipeline then makes its video `failed` with the code `cancelled`, until somebody retries it.
 * @throws not_found; conflict when it has ended already, or is a deletion.
 */
export async function cancelJob(jobId: string): Promise<JobRecord> {
  const job = await getJob(jobId)
  if (job.kind === 'delete') {
    throw new PeekrError('conflict', {
      message: 'This video is being deleted already, and that cannot be stopped.',
    })
  }
  const failure = { code: 'cancelled' as const, message: errorMessage('cancelled') }
  const finishedAt = await getServerTime()
  const waiting = await JobModel.updateOne(
    { _id: jobId, state: 'queued' },
    { $set: { state: 'cancelled', failure, finishedAt } },
    TRUSTED,
  )
  if (waiting.modifiedCount === 1) return job
  const running = await JobModel.updateOne(
    { _id: jobId, state: 'running' },
    { $set: { cancelRequested: true } },
    TRUSTED,
  )
  tellHolders()
  if (running.matchedCount === 1) return job
  throw new PeekrError('conflict', {
    message: 'This job has ended already, so there is nothing to cancel.',
  })
}
