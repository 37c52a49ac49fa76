import { getConfig } from '#lib/config'
import type { Grant } from '#lib/domain/grant'
import { createMediaToken } from '#lib/stream/media-token'

/**
 * The URL of a file of a revision, root-relative unless media comes from a CDN, in the form that works for whoever asked. Playlists name their files
 * relatively, so the one token in the first URL reaches all of them. The caller has checked that this grant lets in;
 * without one there is no token.
 */
export function buildMediaUrl(media: {
  videoId: string
  revisionId: string
  /** Relative to the revision's folder, as `lib/domain/media-paths.ts` names it. */
  path: string
  grant: Grant | null
}): string {
  const { videoId, revisionId, path, grant } = media
  const place = `${videoId}/${revisionId}/${path}`
  const root = `${getConfig().cdnUrl ?? ''}/stream`
  return grant === null
    ? `${root}/${place}`
    : `${root}/t/${createMediaToken({ videoId, revisionId }, grant)}/${place}`
}
