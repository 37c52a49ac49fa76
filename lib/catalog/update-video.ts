import { getView, requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import type { VideoChanges } from '#lib/catalog/video-schema'
import { VideoModel } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Changes a video's details and returns it as it is then. Doing it twice is safe.
 * @throws not_found, sign_in_required, forbidden
 */
export async function updateVideo(asked: {
  viewer: Viewer | null
  videoId: string
  changes: VideoChanges
}): Promise<VideoView> {
  const { viewer, videoId, changes } = asked
  await requireEditableVideo({ viewer, videoId })
  await snapshotBefore(videoId, 'edit')
  const record = await VideoModel.findOneAndUpdate(
    { _id: videoId, deletedAt: null },
    { $set: changes },
    { returnDocument: 'after' },
  ).lean()
  if (record === null) throw new PeekrError('not_found')
  if (changes.visibility !== undefined) forgetStreamAccess(videoId)
  await refreshVideoRecord(videoId)
  return getView(record, viewer)
}
