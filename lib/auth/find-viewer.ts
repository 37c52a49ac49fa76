import { findSessionUser } from '#lib/auth/session-token'
import { findTokenViewer } from '#lib/auth/token-viewer'
import type { UserRecord } from '#lib/db/models/user'
import { scopesOfRole, type Viewer } from '#lib/domain/permissions'

export interface ViewerHeaders {
  cookie?: string | null | undefined
  authorization?: string | null | undefined
}

/**
 * Who is asking: the owner of the Bearer token, or else of the browser session. Role, name and whether the account is
 * enabled are read from the database every time, so what an admin or a changed password ends is over at once.
 * A wrong or expired token is nobody, even beside a good session: a script must not act as whoever is signed in.
 * Runs in plain Node and in Next's bundle alike.
 */
export async function findViewer(headers: ViewerHeaders): Promise<Viewer | null> {
  const { authorization, cookie } = headers
  if (authorization) return findTokenViewer(authorization)
  const user = await findSessionUser(cookie)
  return user === null ? null : toSessionViewer(user)
}

/** The viewer that a session of this account stands for. */
export function toSessionViewer({ _id: userId, name, email, role, sessionVersion }: UserRecord): Viewer {
  const credential = { kind: 'session', id: userId, version: sessionVersion } as const
  return { userId, name, email, role, scopes: scopesOfRole(role), via: 'session', credential }
}
