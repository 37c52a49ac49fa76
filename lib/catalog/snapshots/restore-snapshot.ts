import { z } from 'zod'
import { findVideoRecord, getView, requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotLocked } from '#lib/catalog/snapshot-before'
import { applyVideoRecord } from '#lib/catalog/snapshots/apply-video-record'
import { getSnapshotRecord } from '#lib/catalog/snapshots/get-snapshot-record'
import { settleRestore } from '#lib/catalog/snapshots/settle-change'
import { forgetEncoding, giveUpEncoding, stopJobs } from '#lib/catalog/stop-jobs'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import { VISIBILITIES, type Visibility } from '#lib/domain/video'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import type { Snapshot } from '#lib/storage/storage'
import { dropCached } from '#lib/stream/media-cache'
import { forgetStreamAccess } from '#lib/stream/stream-access'

export const RestoreBody = z.strictObject({
  what: z.enum(['all', 'details']).default('all'),
  /** Lets in again who could watch then, as long as the video is still this. */
  widenFrom: z.enum(VISIBILITIES).nullable().default(null),
})

/**
 * Brings a video back to one of its snapshots: all of it, or its details alone (title, description, tags, visibility).
 * Who may watch stays as it is where the snapshot would let in more people, unless `widenFrom` names what it is now.
 * Takes the same time whatever the size; a kill at any moment leaves the old state or the new one. Work on the
 * video is stopped when what plays is restored. What was there is kept in a snapshot first, so that this can be undone, too.
 * @returns the video as it is then, and the snapshot that undoes it.
 * @throws not_found, sign_in_required, forbidden, output_invalid, disk_full, storage_unavailable, conflict
 */
export async function restoreSnapshot(asked: {
  viewer: Viewer | null
  videoId: string
  name: string
  what: 'all' | 'details'
  widenFrom?: Visibility | null
}): Promise<{ video: VideoView; undo: Snapshot | null }> {
  const { viewer, videoId, name, what, widenFrom = null } = asked
  await requireEditableVideo({ viewer, videoId })
  const undo = await restoreState(videoId, name, what, widenFrom)
  const record = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (record === null) throw new PeekrError('not_found')
  return { video: await getView(record, viewer), undo }
}

/** A video that is not deleted, for a caller that may do anything: the command line. @throws not_found */
export async function getVideoToRestore(videoId: string): Promise<VideoRecord> {
  const record = await findVideoRecord(videoId)
  if (record !== null) return record
  throw new PeekrError('not_found', {
    message: 'There is no such video. Its id is the last part of the address of its page.',
  })
}

/** The same for a caller that may do anything: the command line. @throws as above, without who asks */
export async function restoreState(
  videoId: string,
  name: string,
  what: 'all' | 'details',
  widenFrom: Visibility | 'any' | null = null,
): Promise<Snapshot | null> {
  await getSnapshotRecord(videoId, name)
  if (what === 'all') await giveUpEncoding(videoId)
  const undo = await withVideoLock(videoId, async () => {
    await settleRestore(videoId)
    const stored = await getSnapshotRecord(videoId, name)
    const before = await snapshotLocked(videoId, 'before-restore')
    if (what === 'details') await applyVideoRecord(stored, 'details', widenFrom)
    else {
      const library = await getLibrary()
      await library.beginRestore(videoId, name)
      await applyVideoRecord(stored, 'all', widenFrom)
      await library.endRestore(videoId)
    }
    await refreshVideoRecord(videoId)
    return before
  })
  forgetStreamAccess(videoId)
  if (what === 'all') {
    dropCached(videoId)
    // Once more: the end of a job that was already looking at the video may have queued another meanwhile.
    await stopJobs(videoId)
    await forgetEncoding(videoId)
    // A snapshot that was taken during an encode has what that had made so far.
    const library = await getLibrary()
    await library.removeAttempts(videoId)
    await library.removeUnits(videoId)
  }
  return undo
}
