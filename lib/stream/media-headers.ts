import { isTextPath } from '#lib/stream/encode-text'
import type { StreamGrant } from '#lib/stream/stream-grant'

const CONTENT_TYPES: Record<string, string> = {
  // RFC 8216 §4; the others are registered names.
  m3u8: 'application/vnd.apple.mpegurl',
  mp4: 'video/mp4',
  m4s: 'video/mp4',
  ts: 'video/mp2t',
  jpg: 'image/jpeg',
  vtt: 'text/vtt; charset=utf-8',
}

const YEAR_SECONDS = 31_536_000
/** Of a file that is there but may yet be replaced, such as a segment of a revision that is still being made. */
const GROWING_SECONDS = 10

/**
 * Headers every answer about a file carries, 304 and 416 included. Public files may be kept by any cache and read by
 * any site, so that embeds and other players work; private ones stay with the browser that may have them. What is
 * still being made is never called immutable; its texts are asked for anew each time.
 * @param media.crossOrigin whether pages of other sites may read it
 */
export function buildMediaHeaders(media: {
  path: string
  etag: string
  grant: StreamGrant
  crossOrigin: boolean
}): Record<string, string> {
  const { path, etag, grant, crossOrigin } = media
  const extension = path.slice(path.lastIndexOf('.') + 1)
  const headers: Record<string, string> = {
    'content-type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
    etag,
    'accept-ranges': 'bytes',
    'cache-control': `${grant.audience}, ${describeLife(path, grant)}`,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': crossOrigin ? 'cross-origin' : 'same-origin',
  }
  if (isTextPath(path)) headers.vary = 'accept-encoding'
  if (crossOrigin) {
    headers['access-control-allow-origin'] = '*'
    headers['access-control-expose-headers'] = 'accept-ranges, content-length, content-range, etag'
  }
  return headers
}

function describeLife(path: string, { growing }: StreamGrant): string {
  if (!growing) return `max-age=${YEAR_SECONDS}, immutable`
  return isTextPath(path) ? 'no-cache' : `max-age=${GROWING_SECONDS}`
}

/** The answer to a CORS preflight of a file that other sites may read. */
export const PREFLIGHT_HEADERS: Record<string, string> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'range, if-match, if-none-match, if-range',
  'access-control-max-age': '86400',
  'content-length': '0',
}
