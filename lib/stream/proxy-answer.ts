import { getConfig } from '#lib/config'
import { REVISIONS_FOLDER } from '#lib/domain/media-paths'
import { isTextPath } from '#lib/stream/encode-text'
import { buildMediaHeaders } from '#lib/stream/media-headers'
import type { MediaPath } from '#lib/stream/open-media-file'
import type { StreamAnswer, StreamRequest } from '#lib/stream/stream-answer'
import type { StreamGrant } from '#lib/stream/stream-grant'

/**
 * How long nginx may answer from its own cache before it asks again. It counts whole seconds, so that this can be one more; the
 * rest of the 10 s in which the end of a permission reaches every reader is what Peekr itself may remember it for.
 */
const PROXY_FRESH_SECONDS = '3'

/**
 * What only nginx reads (`X-Accel-Expires`), for an answer that it may keep: it is to ask again after 3 s, although
 * for browsers and CDNs the same file is good for a year, or for 10 s while it is being made. Asking again costs a 304.
 */
export function findProxyHeaders(
  { isThroughProxy }: StreamRequest,
  { path, growing }: MediaPath,
  { audience }: StreamGrant,
): Record<string, string> {
  // Playlists that still grow say `no-cache`, which nginx obeys.
  const mayBeKept = isThroughProxy && audience === 'public' && !(growing && isTextPath(path))
  return mayBeKept ? { 'x-accel-expires': PROXY_FRESH_SECONDS } : {}
}

/**
 * The answer that has nginx send the file itself (`X-Accel-Redirect`), when PEEKR_X_ACCEL asks for that and the
 * request came through nginx; else null. Who may have it was decided here; conditions and ranges are nginx's, which
 * compares them with an ETag of its own: while it keeps a cache, it does not pass them on. Texts are sent compressed
 * from memory, and what is still being made may change.
 */
export function findAccelAnswer(found: {
  request: StreamRequest
  place: MediaPath
  grant: StreamGrant
  crossOrigin: boolean
}): StreamAnswer | null {
  const { request, place, grant, crossOrigin } = found
  const { videoId, revisionId, path, growing } = place
  const prefix = getConfig().accelPrefix
  if (prefix === null || isTextPath(path) || growing || !request.isThroughProxy) return null
  // nginx says the first two by itself, and would say the second twice.
  const {
    etag: _,
    'accept-ranges': __,
    ...headers
  } = buildMediaHeaders({ path, etag: '', grant, crossOrigin })
  headers['x-accel-redirect'] = `${prefix}/${videoId}/${REVISIONS_FOLDER}/${revisionId}/${path}`
  headers['content-length'] = '0'
  return { status: 200, headers, body: null }
}
