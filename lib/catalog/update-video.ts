import { getView, requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import type { VideoChanges } from '#lib/catalog/video-schema'
import { VideoModel } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import type { Snapshot } from '#lib/storage/storage'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Changes a video's details and returns it as it is then, with the snapshot that undoes it. Doing it twice is safe.
 * @throws not_found, sign_in_required, forbidden
 */
export async function updateVideo(asked: {
  viewer: Viewer | null
  videoId: string
  changes: VideoChanges
}): Promise<{ video: VideoView; undo: Snapshot | null }> {
  const { viewer, videoId, changes } = asked
  await requireEditableVideo({ viewer, videoId })
  const undo = await snapshotBefore(videoId, 'edit')
  const record = await VideoModel.findOneAndUpdate(
    { _id: videoId, deletedAt: null },
    { $set: changes },
    { returnDocument: 'after' },
  ).lean()
  if (record === null) throw new PeekrError('not_found')
  if (changes.visibility !== undefined) forgetStreamAccess(videoId)
  await refreshVideoRecord(videoId)
  return { video: await getView(record, viewer), undo }
}
