import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { admitReader } from '#lib/stream/admit-reader'
import { authorizeStream } from '#lib/stream/authorize-stream'
import { type ByteRange, matchesIfRange, parseRange } from '#lib/stream/http-range'
import { getMedia, isCached, type KeptMedia, type UncachedMedia } from '#lib/stream/media-cache'
import { buildMediaHeaders, PREFLIGHT_HEADERS } from '#lib/stream/media-headers'
import { type Encoding, negotiateEncoding } from '#lib/stream/negotiate-encoding'
import { noteWatched } from '#lib/stream/note-watched'
import type { MediaPath } from '#lib/stream/open-media-file'
import { parseStreamPath } from '#lib/stream/parse-stream-path'
import { findAccelAnswer, findProxyHeaders } from '#lib/stream/proxy-answer'
import {
  EMPTY_REFUSAL,
  type FindHeader,
  findConditionAnswer,
  type MemoryBody,
  type StreamAnswer,
  type StreamRequest,
} from '#lib/stream/stream-answer'
import type { StreamGrant } from '#lib/stream/stream-grant'

const METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Decides one request under `/stream`: who asks, for what, and which bytes of it. Sends nothing.
 * @throws method_not_allowed, not_found (also for what may not be seen), too_many_readers, database_away
 */
export async function resolveStream(request: StreamRequest): Promise<StreamAnswer> {
  const { method, target, header } = request
  if (!METHODS.includes(method)) {
    throw new PeekrError('method_not_allowed', { details: { allow: METHODS.join(', ') } })
  }
  const asked = parseStreamPath(target)
  if (asked === null) throw new PeekrError('not_found')
  const grant: StreamGrant = await authorizeStream(asked, header)
  // From a CDN, media is another site's to the pages; who has a token may read what it opens from anywhere.
  const crossOrigin = grant.audience === 'public' || (asked.token !== null && getConfig().cdnUrl !== null)
  if (method === 'OPTIONS') {
    if (!crossOrigin) throw new PeekrError('not_found')
    return { status: 204, headers: PREFLIGHT_HEADERS, body: null }
  }
  const { videoId, revisionId, path } = asked
  admitReader({ client: request.client, videoId, path })
  const place = { videoId, revisionId, path, growing: grant.growing ?? false }
  if (place.growing && path.endsWith('.m3u8')) noteWatched(videoId)
  const answer =
    findAccelAnswer({ request, place, grant, crossOrigin }) ??
    buildAnswer({ request, place, grant, crossOrigin, media: await getMedia(place) })
  Object.assign(answer.headers, findProxyHeaders(request, place, grant))
  return answer
}

/** Preconditions in the order of RFC 9110 §13.2.2, then the range. */
function buildAnswer(found: {
  request: StreamRequest
  place: MediaPath
  grant: StreamGrant
  crossOrigin: boolean
  media: KeptMedia | UncachedMedia
}): StreamAnswer {
  const { request, place, grant, crossOrigin, media } = found
  const { header } = request
  // Of a HEAD no part is asked: Range is defined for GET alone (§14.2).
  const rangeHeader = request.method === 'GET' ? header('range') : null
  const encoding = rangeHeader === null ? chooseEncoding(media, header) : null
  const wholeEtag = isCached(media) ? media.value.etag : media.etag
  // Another encoding is another representation, so it has another strong ETag.
  const etag = encoding === null ? wholeEtag : wholeEtag.replace(/"$/, `-${encoding}"`)
  const headers = buildMediaHeaders({ path: place.path, etag, grant, crossOrigin })
  const settled = findConditionAnswer(header, etag, headers)
  if (settled !== null) return settled

  const sizeBytes = isCached(media) ? media.value.body.length : media.sizeBytes
  const range = matchesIfRange(header('if-range'), etag) ? parseRange(rangeHeader, sizeBytes) : 'whole'
  if (range === 'unsatisfiable') {
    const refused = { ...EMPTY_REFUSAL, 'content-range': `bytes */${sizeBytes}` }
    return { status: 416, headers: { ...headers, ...refused }, body: null }
  }
  if (encoding !== null) headers['content-encoding'] = encoding
  if (range !== 'whole') headers['content-range'] = `bytes ${range.start}-${range.end}/${sizeBytes}`
  const body = pickBytes({ place, media, encoding, range })
  headers['content-length'] = String('bytes' in body ? body.bytes.length : body.end + 1 - body.start)
  const status = range === 'whole' ? 200 : 206
  return { status, headers, body: request.method === 'HEAD' ? null : body }
}

function chooseEncoding(media: KeptMedia | UncachedMedia, header: FindHeader): Encoding | null {
  if (!isCached(media)) return null
  const { br, gzip } = media.value.encoded
  if (br === null && gzip === null) return null
  const offered: Encoding[] = [...(br ? ['br' as const] : []), ...(gzip ? ['gzip' as const] : [])]
  return negotiateEncoding(header('accept-encoding'), offered)
}

function pickBytes(chosen: {
  place: MediaPath
  media: KeptMedia | UncachedMedia
  encoding: Encoding | null
  range: ByteRange | 'whole'
}): MemoryBody | (MediaPath & ByteRange) {
  const { place, media, encoding, range } = chosen
  if (!isCached(media)) {
    return { ...place, ...(range === 'whole' ? { start: 0, end: media.sizeBytes - 1 } : range) }
  }
  const { body, encoded } = media.value
  if (range !== 'whole') return { bytes: body.subarray(range.start, range.end + 1), media }
  return { bytes: (encoding && encoded[encoding]) ?? body, media }
}
