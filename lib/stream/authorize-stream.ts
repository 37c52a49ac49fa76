import { LRUCache } from 'lru-cache'
import { findAsker } from '#lib/auth/find-asker'
import type { Grant } from '#lib/domain/grant'
import { authorize, canSeeSource, isOpen } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'
import { findGrantAsker } from '#lib/stream/find-grant-asker'
import { parseMediaToken } from '#lib/stream/media-token'
import type { StreamPath } from '#lib/stream/parse-stream-path'
import { findStreamAccess, isServed } from '#lib/stream/stream-access'
import type { StreamGrant } from '#lib/stream/stream-grant'

/**
 * Who may read any file of a video: `authorize` for playlists, segments and pictures, through both doors.
 * A token for exactly this video and revision stands for the grant it was made from, as that is now: at most 5 s old,
 * so that whatever ends it reaches segments within 10 s in every process. Without a token, open videos are for
 * anybody, others for a session, a Bearer token, or the cookie of a password or link. A URL with a token stands and
 * falls with the token.
 * @returns whether shared caches and other sites may have it, and whether it still changes
 * @throws not_found for everything else, whatever the reason; database_away
 */
export async function authorizeStream(
  asked: StreamPath,
  header: (name: string) => string | null,
): Promise<StreamGrant> {
  const { token, videoId, revisionId } = asked
  // Before the database, so that guessing tokens costs nothing but a hash.
  const grant = token === null ? null : findTokenGrant(token, asked)
  if (token !== null && grant === null) throw notFound()
  const access = await findStreamAccess(videoId, revisionId)
  if (access === null || !isServed(access, revisionId)) throw notFound()
  const isEarly = access.earlyId === revisionId
  const growing = isEarly || (access.growing && access.revisionId === revisionId)
  if (token === null && !isEarly && isOpen(access.visibility)) return { audience: 'public', growing }
  const { viewer, proof } = await (grant === null
    ? findAsker({ cookie: header('cookie'), authorization: header('authorization') }, videoId)
    : findGrantAsker(grant, videoId))
  // Nobody has looked at the whole file yet, so it is for whoever is sending it, whatever the video is to be.
  if (isEarly && !canSeeSource(viewer, access)) throw notFound()
  if (authorize(viewer, access, proof) === null) throw notFound()
  return { audience: 'private', growing }
}

/**
 * The grant in a token that holds now, or null. One viewer shows the same token with every segment, and an HMAC
 * through Node's crypto takes as long as all else of a small answer (half the requests a second, measured), so what
 * held is remembered until it expires. The key holds all that was signed.
 */
function findTokenGrant(token: string, { videoId, revisionId }: StreamPath): Grant | null {
  const verified = singleton(
    'stream-tokens',
    () => new LRUCache<string, { grant: Grant; expiresAt: Date }>({ max: 10_000 }),
  )
  const key = `${token} ${videoId} ${revisionId}`
  const known = verified.get(key)
  if (known !== undefined) return known.expiresAt.getTime() > Date.now() ? known.grant : null
  const parsed = parseMediaToken(token, { videoId, revisionId })
  if (parsed === null) return null
  verified.set(key, parsed)
  return parsed.grant
}

function notFound(): PeekrError {
  return new PeekrError('not_found')
}
