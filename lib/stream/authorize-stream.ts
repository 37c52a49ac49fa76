import { LRUCache } from 'lru-cache'
import { findViewer } from '#lib/auth/find-viewer'
import { canWatch } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'
import { parseMediaToken } from '#lib/stream/media-token'
import type { StreamPath } from '#lib/stream/parse-stream-path'
import { findStreamAccess } from '#lib/stream/stream-access'

/**
 * Who may read any file of a video: the one decision behind playlists, segments and pictures, through both doors.
 * Public and unlisted: anybody. Private: a token for exactly this video and revision, or a session or Bearer token of
 * somebody who may watch. A URL with a token stands and falls with the token.
 * @returns whether shared caches and other sites may have it
 * @throws not_found for everything else, whatever the reason; database_away
 */
export async function authorizeStream(
  asked: StreamPath,
  header: (name: string) => string | null,
): Promise<{ audience: 'public' | 'private' }> {
  const { token, videoId, revisionId } = asked
  // Before the database, so that guessing tokens costs nothing but a hash.
  if (token !== null && !isTokenValid(token, asked)) throw notFound()
  const access = await findStreamAccess(videoId, revisionId)
  if (access === null || access.revisionId !== revisionId) throw notFound()
  if (token !== null) return { audience: 'private' }
  if (access.visibility !== 'private') return { audience: 'public' }
  const viewer = await findViewer({ cookie: header('cookie'), authorization: header('authorization') })
  if (!canWatch(viewer, access)) throw notFound()
  return { audience: 'private' }
}

/**
 * Whether a token holds now. One viewer shows the same token with every segment, and an HMAC through Node's crypto
 * takes as long as all else of a small answer (half the requests a second, measured), so what held is remembered
 * until it expires. The key holds all that was signed.
 */
function isTokenValid(token: string, { videoId, revisionId }: StreamPath): boolean {
  const verified = singleton('stream-tokens', () => new LRUCache<string, Date>({ max: 10_000 }))
  const key = `${token} ${videoId} ${revisionId}`
  const known = verified.get(key)
  if (known !== undefined) return known.getTime() > Date.now()
  const parsed = parseMediaToken(token, { videoId, revisionId })
  if (parsed === null) return false
  verified.set(key, parsed.expiresAt)
  return true
}

function notFound(): PeekrError {
  return new PeekrError('not_found')
}
