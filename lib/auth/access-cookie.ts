import { openGrant, SIGNED_GRANT_LENGTH, signGrant } from '#lib/auth/signed-grant'
import type { Grant } from '#lib/domain/grant'
import { ID_PATTERN } from '#lib/domain/id'

const NAME = 'peekr-access'
const ID_LENGTH = 16
const ENTRY_LENGTH = ID_LENGTH + SIGNED_GRANT_LENGTH
/** The newest of them: under 2 KB, so that no request grows too large for a proxy. */
const ENTRIES_MAX = 20
const ACCESS_MAX_AGE_SECONDS = 30 * 24 * 60 * 60

/** What a browser was given for this video after its password or a link: the grant of its cookie, or null. */
export function readAccessCookie(cookie: string | null | undefined, videoId: string): Grant | null {
  const entry = listEntries(cookie).find((candidate) => candidate.startsWith(videoId))
  if (entry === undefined) return null
  return openGrant(entry.slice(ID_LENGTH), targetOf(videoId))?.grant ?? null
}

/**
 * The `Set-Cookie` value that lets its receiver in to one more video, for 30 days or until `expiresAt` when that is
 * sooner. One cookie holds what a browser has for up to 20 videos, newest first. No script can read it.
 */
export function createAccessCookie(given: {
  request: Request
  videoId: string
  grant: Grant
  expiresAt?: Date
}): string {
  const { request, videoId, grant, expiresAt } = given
  const latestSeconds = Math.floor(Date.now() / 1000) + ACCESS_MAX_AGE_SECONDS
  const endSeconds = Math.min(latestSeconds, expiresAt ? Math.ceil(expiresAt.getTime() / 1000) : Infinity)
  const others = listEntries(request.headers.get('cookie')).filter((entry) => !entry.startsWith(videoId))
  const entries = [videoId + signGrant(grant, targetOf(videoId), endSeconds), ...others].slice(0, ENTRIES_MAX)
  // The front door sets this header to what is true; see lib/http/apply-forwarded.ts.
  const secure = request.headers.get('x-forwarded-proto') === 'https' ? '; Secure' : ''
  return `${NAME}=${entries.join('.')}; Path=/; Max-Age=${ACCESS_MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure}`
}

function targetOf(videoId: string) {
  return { scope: 'enter', ids: [videoId] } as const
}

/** What looks like an entry; whether it is one of ours is seen when it is used. */
function listEntries(cookie: string | null | undefined): string[] {
  const pairs = (cookie ?? '').split(';').map((pair) => pair.trim())
  const value = pairs.find((pair) => pair.startsWith(`${NAME}=`))?.slice(NAME.length + 1) ?? ''
  const entries = value.split('.')
  return entries.filter(
    (entry) => entry.length === ENTRY_LENGTH && ID_PATTERN.test(entry.slice(0, ID_LENGTH)),
  )
}
