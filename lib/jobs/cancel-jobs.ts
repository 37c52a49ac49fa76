import { type JobKind, JobModel, type JobState } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { errorMessage } from '#lib/errors'
import { tellHolders } from '#lib/jobs/wake'

const TRUSTED = { sanitizeFilter: false } as const

/**
 * Stops what runs and drops what waits for a video, but for `except`. A running job ends within its next heartbeat.
 * Returns how many are still running.
 */
export async function cancelJobs(videoId: string, except: readonly JobKind[] = []): Promise<number> {
  const ofVideo = { videoId, kind: { $nin: except } }
  const failure = { code: 'cancelled', message: errorMessage('cancelled') }
  const finishedAt = await getServerTime()
  await JobModel.updateMany(
    { ...ofVideo, state: 'queued' },
    { $set: { state: 'cancelled', failure, finishedAt } },
    TRUSTED,
  )
  await JobModel.updateMany({ ...ofVideo, state: 'running' }, { $set: { cancelRequested: true } }, TRUSTED)
  tellHolders()
  return JobModel.countDocuments({ ...ofVideo, state: 'running' }).setOptions(TRUSTED)
}

/** Forgets a video's ended jobs of these kinds, so that they can be queued anew. */
export async function forgetEndedJobs(
  videoId: string,
  kinds: readonly JobKind[],
  states: readonly JobState[] = ['done', 'failed', 'cancelled'],
): Promise<void> {
  const ended = { videoId, kind: { $in: kinds }, state: { $in: states } }
  await JobModel.deleteMany(ended).setOptions(TRUSTED)
}
