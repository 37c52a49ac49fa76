import { openGrant, signGrant } from '#lib/auth/signed-grant'
import type { Grant } from '#lib/domain/grant'

const LIFE_SECONDS = 6 * 60 * 60

interface TokenTarget {
  videoId: string
  revisionId: string
}

/**
 * A text that lets whoever has it read one revision of one video for 6 to 12 hours, for as long as the grant behind it
 * holds. The expiry is rounded up to a multiple of 6 hours, so that a page loaded again names the same URLs and the
 * browser's cache still serves. The caller has checked that this grant lets in. A token must never be logged.
 */
export function createMediaToken(
  target: TokenTarget,
  grant: Grant,
  { nowMs = Date.now() }: { nowMs?: number } = {},
): string {
  const expiresAtSeconds = Math.ceil((nowMs / 1000 + LIFE_SECONDS) / LIFE_SECONDS) * LIFE_SECONDS
  return signGrant(grant, scopeOf(target), expiresAtSeconds)
}

/**
 * The grant in a token, when it is ours, for exactly this video and revision, and not expired; null otherwise.
 * Needs no database: whether the grant still holds is asked apart.
 */
export function parseMediaToken(
  token: string,
  target: TokenTarget,
  options: { nowMs?: number } = {},
): { grant: Grant; expiresAt: Date } | null {
  return openGrant(token, scopeOf(target), options)
}

function scopeOf({ videoId, revisionId }: TokenTarget) {
  return { scope: 'watch', ids: [videoId, revisionId] } as const
}
