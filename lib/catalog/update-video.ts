import { hashPassword } from '#lib/auth/password'
import { getView, requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotLocked } from '#lib/catalog/snapshot-before'
import type { VideoChanges } from '#lib/catalog/video-schema'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { VideoModel } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import type { Snapshot } from '#lib/storage/storage'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Changes a video's details, who may watch it included, and returns it as it is then, with the snapshot that undoes
 * it. Doing it twice is safe; only that a password set again locks out whoever came in by it.
 * @throws not_found, sign_in_required, forbidden, invalid_input where a password is wanted and there is none
 */
export async function updateVideo(asked: {
  viewer: Viewer | null
  videoId: string
  changes: VideoChanges
}): Promise<{ video: VideoView; undo: Snapshot | null }> {
  const { viewer, videoId, changes } = asked
  const { password, ...details } = changes
  const { access } = await requireEditableVideo({ viewer, videoId })
  if (details.visibility === 'password' && password === undefined && !access?.passwordVersion) {
    const message = 'Choose a password first.'
    throw new PeekrError('invalid_input', { message, fields: { password: message } })
  }
  const passwordHash = password === undefined ? null : await hashPassword(password)
  const { record, undo } = await withVideoLock(videoId, async () => {
    const undo = await snapshotLocked(videoId, 'before-edit')
    const record = await VideoModel.findOneAndUpdate(
      { _id: videoId, deletedAt: null },
      passwordHash === null
        ? { $set: details }
        : {
            $set: { ...details, 'access.passwordHash': passwordHash },
            $inc: { 'access.passwordVersion': 1 },
          },
      { returnDocument: 'after' },
    ).lean()
    if (record === null) throw new PeekrError('not_found')
    if (details.visibility !== undefined || passwordHash !== null) forgetStreamAccess(videoId)
    await refreshVideoRecord(videoId)
    return { record, undo }
  })
  return { video: await getView(record, viewer), undo }
}
