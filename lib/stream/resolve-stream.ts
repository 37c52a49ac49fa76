import { PeekrError } from '#lib/errors'
import { authorizeStream } from '#lib/stream/authorize-stream'
import {
  acceptsGzip,
  type ByteRange,
  matchesIfMatch,
  matchesIfNoneMatch,
  matchesIfRange,
  parseRange,
} from '#lib/stream/http-range'
import { type CachedMedia, getMedia, isCached, type UncachedMedia } from '#lib/stream/media-cache'
import { type Audience, buildMediaHeaders, PREFLIGHT_HEADERS } from '#lib/stream/media-headers'
import type { MediaPath } from '#lib/stream/open-media-file'
import { parseStreamPath } from '#lib/stream/parse-stream-path'

export interface StreamRequest {
  method: string
  /** The raw request target. */
  target: string
  /** A header by its lower-case name. */
  header: (name: string) => string | null
}

/** An answer as data, which either door writes in its own way. */
export interface StreamAnswer {
  status: number
  headers: Record<string, string>
  body: null | Buffer | (MediaPath & ByteRange)
}

const EMPTY_REFUSAL = { 'cache-control': 'no-store', 'content-length': '0' }
const METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Decides one request under `/stream`: who asks, for what, and which bytes of it. Sends nothing.
 * @throws method_not_allowed, not_found (also for what may not be seen), database_away
 */
export async function resolveStream(request: StreamRequest): Promise<StreamAnswer> {
  const { method, target, header } = request
  if (!METHODS.includes(method)) {
    throw new PeekrError('method_not_allowed', { details: { allow: METHODS.join(', ') } })
  }
  const asked = parseStreamPath(target)
  if (asked === null) throw new PeekrError('not_found')
  const { audience } = await authorizeStream(asked, header)
  if (method === 'OPTIONS') {
    if (audience !== 'public') throw new PeekrError('not_found')
    return { status: 204, headers: PREFLIGHT_HEADERS, body: null }
  }
  const answer = buildAnswer({ request, asked, audience, media: await getMedia(asked) })
  return method === 'HEAD' ? { ...answer, body: null } : answer
}

/** Preconditions in the order of RFC 9110 §13.2.2, then the range. */
function buildAnswer(found: {
  request: StreamRequest
  asked: MediaPath
  audience: Audience
  media: CachedMedia | UncachedMedia
}): StreamAnswer {
  const { request, asked, audience, media } = found
  const { header } = request
  // Of a HEAD no part is asked: Range is defined for GET alone (§14.2).
  const rangeHeader = request.method === 'GET' ? header('range') : null
  const gzip =
    isCached(media) && rangeHeader === null && acceptsGzip(header('accept-encoding')) ? media.gzip : null
  // Another encoding is another representation, so it has another strong ETag.
  const etag = gzip === null ? media.etag : media.etag.replace(/"$/, '-gzip"')
  const headers = buildMediaHeaders({ path: asked.path, etag, audience })

  if (!matchesIfMatch(header('if-match'), etag)) {
    return { status: 412, headers: { ...headers, ...EMPTY_REFUSAL }, body: null }
  }
  if (matchesIfNoneMatch(header('if-none-match'), etag)) return { status: 304, headers, body: null }

  const sizeBytes = isCached(media) ? media.body.length : media.sizeBytes
  const range = matchesIfRange(header('if-range'), etag) ? parseRange(rangeHeader, sizeBytes) : 'whole'
  if (range === 'unsatisfiable') {
    const refused = { ...EMPTY_REFUSAL, 'content-range': `bytes */${sizeBytes}` }
    return { status: 416, headers: { ...headers, ...refused }, body: null }
  }
  if (range === 'whole') {
    if (gzip !== null) {
      headers['content-encoding'] = 'gzip'
      headers['content-length'] = String(gzip.length)
      return { status: 200, headers, body: gzip }
    }
    headers['content-length'] = String(sizeBytes)
    if (isCached(media)) return { status: 200, headers, body: media.body }
    return { status: 200, headers, body: { ...asked, start: 0, end: sizeBytes - 1 } }
  }
  const { start, end } = range
  headers['content-range'] = `bytes ${start}-${end}/${sizeBytes}`
  headers['content-length'] = String(end - start + 1)
  const body = isCached(media) ? media.body.subarray(start, end + 1) : { ...asked, start, end }
  return { status: 206, headers, body }
}
