import { type JobKind, JobModel } from '#lib/db/models/job'
import { PeekrError } from '#lib/errors'

/**
 * What an earlier stage's job found. The shape is the handler's own, written by this process's code.
 * @throws worker_lost when that job did not end well, so that the stage is tried again.
 */
export async function getJobResult<T>(videoId: string, kind: JobKind): Promise<T> {
  const job = await JobModel.findOne({ videoId, kind, state: 'done' }, { result: 1 }).lean()
  if (job === null) throw new PeekrError('worker_lost', { details: { videoId, missing: kind } })
  return job.result as T
}
