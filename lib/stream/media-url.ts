import type { Viewer } from '#lib/domain/permissions'
import type { Visibility } from '#lib/domain/video'
import { createMediaToken } from '#lib/stream/media-token'

/**
 * The root-relative URL of a file of a revision, in the form that works for whoever asked. Playlists name their files
 * relatively, so the one token in the first URL reaches all of them. The caller has checked that `viewer` may watch;
 * nobody in particular never gets a token.
 */
export function buildMediaUrl(media: {
  videoId: string
  revisionId: string
  /** Relative to the revision's folder, as `lib/domain/media-paths.ts` names it. */
  path: string
  visibility: Visibility
  viewer: Viewer | null
}): string {
  const { videoId, revisionId, path, visibility, viewer } = media
  const place = `${videoId}/${revisionId}/${path}`
  if (visibility !== 'private' || viewer === null) return `/stream/${place}`
  return `/stream/t/${createMediaToken({ videoId, revisionId })}/${place}`
}
