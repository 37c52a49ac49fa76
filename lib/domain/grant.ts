import type { Viewer, WatchProof, WatchReason } from '#lib/domain/permissions'

/**
 * Why somebody was let in to a video, small enough to be signed into a URL or a cookie. Whatever it came from can
 * end at any time, so it is looked up again whenever it is shown.
 *
 * - `session`, with the account's id and the version of its sessions: over when a changed password, a new role or
 *   disabling raised that.
 * - `token`, with an API token's id: over with the token.
 * - `password`, with the version of the video's password that was given: over when it is changed.
 * - `link`, with a shared link's id: over when that expires or is revoked.
 */
export interface Grant {
  kind: 'session' | 'token' | 'password' | 'link'
  /** Of the account, the token or the link; null for a password. */
  id: string | null
  /** 0 where the kind has none. */
  version: number
}

/** The grant that stands behind a decision of `authorize`; null where nothing is needed, or nothing could be shown. */
export function findGrant(
  reason: WatchReason | null,
  viewer: Viewer | null,
  proof: WatchProof = {},
): Grant | null {
  if (reason === 'account') return viewer?.credential ?? null
  if (reason === 'password') return { kind: 'password', id: null, version: proof.passwordVersion ?? 0 }
  if (reason === 'link') return { kind: 'link', id: proof.linkId ?? null, version: 0 }
  return null
}
