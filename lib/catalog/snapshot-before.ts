import { dirname } from 'node:path'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { exists } from '#lib/storage/exists'
import type { Snapshot } from '#lib/storage/storage'

/** What a snapshot was taken before, or after. `publish-{revisionId}` is the publish stage's own. */
const SNAPSHOT_REASONS = ['edit', 'reencode', 'delete', 'restore', 'replace', 'captions', 'trim'] as const
export type SnapshotReason = (typeof SNAPSHOT_REASONS)[number]

/**
 * Keeps a video as it is now, before something changes it: every change that can be undone calls this first and does
 * not go on when it fails. The details are in it too, since `video.json` is brought up to date just before.
 * Costs milliseconds and, until something is removed, no space. One at a time for a video, in whatever process.
 * @returns the snapshot to restore from; null for a video that was never published, of which there is nothing to keep.
 * @throws disk_full, storage_unavailable, conflict
 */
export function snapshotBefore(videoId: string, reason: SnapshotReason): Promise<Snapshot | null> {
  return withVideoLock(videoId, () => snapshotLocked(videoId, `before-${reason}`))
}

/**
 * The same for a caller that holds the video's lock, because its own writes must not mix with another change's: the
 * record and `video.json` of a process that dies are then brought together by whoever finds its lock. `reason` is lower-case
 * letters, digits and hyphens. Null also when the video's folder is lost, which must not stand in a restore's way.
 */
export async function snapshotLocked(videoId: string, reason: string): Promise<Snapshot | null> {
  const video = await VideoModel.findById(videoId).lean()
  if (video === null || video.revision === null || video.publishedAt === null) return null
  const library = await getLibrary()
  if (!(await exists(dirname(dirname(library.sourcePath(videoId)))))) return null
  // Read once more after it was written: a publish does not wait for the lock.
  await refreshVideoRecord(videoId)
  return library.snapshot(videoId, reason)
}
