import { findProof } from '#lib/auth/find-asker'
import { presentVideos } from '#lib/catalog/present-video'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { isId } from '#lib/domain/id'
import { canEdit, canWatch, type Viewer, type WatchProof } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'

interface Asked {
  viewer: Viewer | null
  videoId: string
}

/**
 * The video as `viewer` may see it, or whoever's browser has given its password or opened a link to it (`cookie`).
 * @throws not_found for no such video and, alike, for one the viewer may not watch.
 */
export async function getVideo({
  viewer,
  videoId,
  cookie,
}: Asked & { cookie?: string | null }): Promise<VideoView> {
  const record = await findVideoRecord(videoId)
  const proof = record === null ? {} : await findProof(cookie, videoId)
  if (record === null || !canWatch(viewer, record, proof)) throw noSuchVideo()
  return getView(record, viewer, proof)
}

/**
 * The record of a video that `viewer` may change.
 * @throws not_found when it is not there or not to be seen; sign_in_required or forbidden when it may only be watched.
 */
export async function requireEditableVideo({ viewer, videoId }: Asked): Promise<VideoRecord> {
  const record = await findVideoRecord(videoId)
  if (record === null || !canWatch(viewer, record)) throw noSuchVideo()
  if (canEdit(viewer, record)) return record
  throw viewer === null
    ? new PeekrError('sign_in_required')
    : new PeekrError('forbidden', { message: 'Only its owner or an administrator can change this video.' })
}

export async function getView(
  record: VideoRecord,
  viewer: Viewer | null,
  proof: WatchProof = {},
): Promise<VideoView> {
  const [view] = await presentVideos([record], viewer, proof)
  if (view === undefined) throw noSuchVideo()
  return view
}

/** The record of a video that is not deleted, whoever asks: the caller authorises. */
export async function findVideoRecord(videoId: string): Promise<VideoRecord | null> {
  if (!isId(videoId)) return null
  return VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
}

/** What is said of a video that is not there and, alike, of one that may not be watched. */
export function noSuchVideo(): PeekrError {
  return new PeekrError('not_found', {
    message:
      'There is no such video, or it is not shared with you. Check the link, or sign in with the right account.',
  })
}
