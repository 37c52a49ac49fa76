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
 * still being made is never called immutable; its playlists are asked for anew each time.
 */
export function buildMediaHeaders(media: {
  path: string
  etag: string
  grant: StreamGrant
}): Record<string, string> {
  const { path, etag, grant } = media
  const extension = path.slice(path.lastIndexOf('.') + 1)
  const isPublic = grant.audience === 'public'
  const headers: Record<string, string> = {
    'content-type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
    etag,
    'accept-ranges': 'bytes',
    'cache-control': `${grant.audience}, ${describeLife(extension, grant)}`,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': isPublic ? 'cross-origin' : 'same-origin',
  }
  if (extension === 'm3u8') headers.vary = 'accept-encoding'
  if (isPublic) {
    headers['access-control-allow-origin'] = '*'
    headers['access-control-expose-headers'] = 'accept-ranges, content-length, content-range, etag'
  }
  return headers
}

function describeLife(extension: string, { growing }: StreamGrant): string {
  if (!growing) return `max-age=${YEAR_SECONDS}, immutable`
  return extension === 'm3u8' ? 'no-cache' : `max-age=${GROWING_SECONDS}`
}

/** The answer to a CORS preflight of a public file. */
export const PREFLIGHT_HEADERS: Record<string, string> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'range, if-match, if-none-match, if-range',
  'access-control-max-age': '86400',
  'content-length': '0',
}
