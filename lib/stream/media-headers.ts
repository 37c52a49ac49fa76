const CONTENT_TYPES: Record<string, string> = {
  // RFC 8216 §4; the others are registered names.
  m3u8: 'application/vnd.apple.mpegurl',
  mp4: 'video/mp4',
  m4s: 'video/mp4',
  ts: 'video/mp2t',
  jpg: 'image/jpeg',
}

export type Audience = 'public' | 'private'

const YEAR_SECONDS = 31_536_000

/**
 * Headers every answer about a file carries, 304 and 416 included. Public files may be kept by any cache and read by
 * any site, so that embeds and other players work; private ones stay with the browser that may have them.
 */
export function buildMediaHeaders(media: {
  path: string
  etag: string
  audience: Audience
}): Record<string, string> {
  const { path, etag, audience } = media
  const extension = path.slice(path.lastIndexOf('.') + 1)
  const headers: Record<string, string> = {
    'content-type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
    etag,
    'accept-ranges': 'bytes',
    'cache-control': `${audience}, max-age=${YEAR_SECONDS}, immutable`,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': audience === 'public' ? 'cross-origin' : 'same-origin',
  }
  if (extension === 'm3u8') headers.vary = 'accept-encoding'
  if (audience === 'public') {
    headers['access-control-allow-origin'] = '*'
    headers['access-control-expose-headers'] = 'accept-ranges, content-length, content-range, etag'
  }
  return headers
}

/** The answer to a CORS preflight of a public file. */
export const PREFLIGHT_HEADERS: Record<string, string> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'range, if-match, if-none-match, if-range',
  'access-control-max-age': '86400',
  'content-length': '0',
}
