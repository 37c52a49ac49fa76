import { decode, encode } from 'next-auth/jwt'
import { z } from 'zod'
import { getSecret } from '#lib/auth/secrets'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { ID_PATTERN } from '#lib/domain/id'

export const SESSION_MAX_AGE_SECONDS = 30 * 24 * 60 * 60

/** next-auth's names. The secure one counts first: a network attacker can plant the other, but not this. */
const COOKIE_NAMES = ['__Secure-next-auth.session-token', 'next-auth.session-token'] as const

/** All a session carries. Everything else about the account is read from the database at each request. */
export const SessionClaims = z.object({
  userId: z.string().regex(ID_PATTERN),
  sessionVersion: z.number().int(),
})
export type SessionClaims = z.infer<typeof SessionClaims>

/** The enabled account whose session the `Cookie` header holds, or null when it is over, forged or absent. */
export async function findSessionUser(cookie: string | null | undefined): Promise<UserRecord | null> {
  const claims = await readSessionCookie(cookie)
  return claims === null ? null : findClaimedUser(claims)
}

/** The account of these claims while they hold: enabled, and nothing has ended its sessions since. */
export async function findClaimedUser({ userId, sessionVersion }: SessionClaims): Promise<UserRecord | null> {
  return UserModel.findOne({ _id: userId, sessionVersion, disabledAt: null }).lean()
}

/** A `Set-Cookie` value that signs its receiver in: what next-auth itself would have set. */
export async function createSessionCookie(claims: SessionClaims, secure: boolean): Promise<string> {
  const token = await encode({
    token: { ...claims },
    secret: sessionSecret(),
    maxAge: SESSION_MAX_AGE_SECONDS,
  })
  const expires = new Date(Date.now() + SESSION_MAX_AGE_SECONDS * 1000).toUTCString()
  const name = COOKIE_NAMES[secure ? 0 : 1]
  return `${name}=${token}; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

/** The secret in the form next-auth wants. */
export function sessionSecret(): string {
  return getSecret('session').toString('hex')
}

async function readSessionCookie(cookie: string | null | undefined): Promise<SessionClaims | null> {
  const token = findCookie(cookie ?? '')
  if (token === null) return null
  try {
    const claims = SessionClaims.safeParse(await decode({ token, secret: sessionSecret() }))
    return claims.success ? claims.data : null
  } catch (error) {
    if (isBadToken(error)) return null
    throw error
  }
}

/** jose's own errors: forged, cut, expired, or made with another secret. A missing secrets folder is none of these. */
function isBadToken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^ERR_JW|^ERR_JOSE/.test(String(error.code))
}

function findCookie(header: string): string | null {
  const pairs = header.split(';').map((pair) => pair.trim())
  for (const name of COOKIE_NAMES) {
    const pair = pairs.find((candidate) => candidate.startsWith(`${name}=`))
    if (pair !== undefined) return pair.slice(name.length + 1)
  }
  return null
}
