import { requireEditableVideo } from '#lib/catalog/get-video'
import { getConfig } from '#lib/config'
import { JobModel } from '#lib/db/models/job'
import type { JobView } from '#lib/domain/job-view'
import { canAdminister, type Viewer } from '#lib/domain/permissions'
import { presentJob } from '#lib/jobs/present-job'

/** A film of hours has a unit for each half minute; what went wrong and what is new come first. */
const SHOWN_MAX = 100

/**
 * What was and is done for one video, for whoever may change it: those that needed more than one attempt first, then the
 * newest. Which machine did it, and where its files are, is for administrators.
 * @throws not_found, sign_in_required, forbidden
 */
export async function listVideoJobs(asked: {
  viewer: Viewer | null
  videoId: string
}): Promise<{ items: JobView[] }> {
  const { title } = await requireEditableVideo(asked)
  // What was never begun, since something else had ended the video before, tells nothing.
  const jobs = await JobModel.find({
    videoId: asked.videoId,
    $or: [{ state: { $ne: 'cancelled' } }, { attempts: { $gt: 0 } }],
  })
    .setOptions({ sanitizeFilter: false })
    .sort({ attempts: -1, startedAt: -1, _id: 1 })
    .limit(SHOWN_MAX)
    .lean()
  const items = jobs.map((job) => presentJob(job, title))
  return { items: canAdminister(asked.viewer) ? items : items.map(hideMachine) }
}

function hideMachine(job: JobView): JobView {
  const { dataPath } = getConfig()
  const hide = (line: string) => line.replaceAll(dataPath, '…')
  return {
    ...job,
    log: job.log.map(hide),
    history: job.history.map((attempt) => ({ ...attempt, holder: null, log: attempt.log.map(hide) })),
  }
}
