import { requireEditableVideo } from '#lib/catalog/get-video'
import { VideoModel } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import { cancelJobs } from '#lib/jobs/cancel-jobs'
import { enqueueJob } from '#lib/jobs/leases'
import { dropCached } from '#lib/stream/media-cache'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Takes a video away: it is gone for everybody at once, its bytes follow in the background. The record of the
 * deletion comes first, so that a crash half-way is finished by the sweep.
 * @throws not_found, sign_in_required, forbidden
 */
export async function removeVideo(asked: { viewer: Viewer | null; videoId: string }): Promise<void> {
  const { videoId } = asked
  await requireEditableVideo(asked)
  await VideoModel.updateOne({ _id: videoId }, { $set: { deletedAt: new Date() } })
  forgetStreamAccess(videoId)
  dropCached(videoId)
  await cancelJobs(videoId, ['delete'])
  await enqueueJob('delete', videoId)
}
