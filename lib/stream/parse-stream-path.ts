import { isId } from '#lib/domain/id'
import { isStreamablePath } from '#lib/domain/media-paths'

export interface StreamPath {
  /** Given when the URL is of the form that lets in by itself. */
  token: string | null
  videoId: string
  revisionId: string
  /** Relative to the revision's folder; one of the names Peekr writes. */
  path: string
}

const TARGET = /^\/stream\/(?:t\/([A-Za-z0-9_-]{1,128})\/)?([^/]+)\/([^/]+)\/([^?]+)(?:\?.*)?$/s

/**
 * Reads a raw request target, undecoded, as it came in the request line: `/stream/{videoId}/{revision}/{path}` or
 * `/stream/t/{token}/…`. Every part has one pattern and none of them allows `%`, `\` or a dot segment, so there is no
 * second spelling of any file. The query is ignored. Null for everything else.
 */
export function parseStreamPath(target: string): StreamPath | null {
  const match = TARGET.exec(target)
  if (match === null) return null
  const [, token = null, videoId = '', revisionId = '', path = ''] = match
  if (!isId(videoId) || !isId(revisionId) || !isStreamablePath(path)) return null
  return { token, videoId, revisionId, path }
}

/** The raw target of a web Request: everything behind the authority, taken apart without decoding. */
export function rawTarget(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
}
