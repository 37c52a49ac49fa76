import type { NextAuthOptions } from 'next-auth'
import { z } from 'zod'
import { checkPassword } from '#lib/auth/check-password'
import {
  findClaimedUser,
  SESSION_MAX_AGE_SECONDS,
  SessionClaims,
  sessionSecret,
} from '#lib/auth/session-token'
import type { UserRecord } from '#lib/db/models/user'
import { isPeekrError } from '#lib/errors'
import { getLog } from '#lib/log'

/** What the sign-in page finds in `?error=`, beside next-auth's own `CredentialsSignin` for anything wrong. */
export const TOO_MANY_ATTEMPTS = 'TooManyAttempts'
export const UNAVAILABLE = 'Unavailable'

const Credentials = z.object({ email: z.string().max(254), password: z.string().max(1000) })

/**
 * next-auth with e-mail and password, and sessions in a signed cookie of 30 days. The cookie says only whose session
 * it is and which version; the rest is looked up. Cookies are `Secure` exactly when the request came by HTTPS.
 * Built at each request, because `next build` must not make secrets.
 */
export function buildAuthOptions(): NextAuthOptions {
  return {
    secret: sessionSecret(),
    session: { strategy: 'jwt', maxAge: SESSION_MAX_AGE_SECONDS },
    // Peekr's own: next-auth's would come without the headers of a page.
    pages: { signIn: '/login', signOut: '/', error: '/login' },
    providers: [
      // The object `next-auth/providers/credentials` makes, without its interop between module systems.
      {
        id: 'credentials',
        type: 'credentials',
        name: 'Peekr',
        credentials: { email: { type: 'email' }, password: { type: 'password' } },
        authorize: (given, request) =>
          authorize(given, String(request.headers?.['x-peekr-client'] ?? 'unknown')),
      },
    ],
    callbacks: {
      jwt: async ({ token, user }) => {
        // At sign-in `user` is what authorize returned. Later the token stays as it was: whatever a client posts
        // to /api/auth/session is ignored, and a session that was ended is refused, which clears its cookie.
        const claims = SessionClaims.parse(user ? { ...user, userId: user.id } : token)
        await getClaimedUser(claims)
        return claims
      },
      session: async ({ session, token }) => {
        const user = await getClaimedUser(SessionClaims.parse(token))
        const { _id: id, name, email, role } = user
        return { ...session, user: { id, name, email, role } }
      },
      redirect: async ({ url, baseUrl }) => {
        if (!URL.canParse(url, baseUrl)) return baseUrl
        const target = new URL(url, baseUrl)
        return target.origin === new URL(baseUrl).origin ? target.href : baseUrl
      },
    },
    logger: {
      error: (code, metadata) =>
        getLog('auth').debug({ code, metadata }, 'A session or sign-in was refused.'),
      warn: (code) => getLog('auth').debug({ code }, 'next-auth warns.'),
      debug: () => {},
    },
  }
}

/** null becomes `CredentialsSignin`. The text of anything thrown is shown to the client, so it is only ever a code. */
async function authorize(given: unknown, clientAddress: string) {
  const credentials = Credentials.safeParse(given)
  if (!credentials.success) return null
  try {
    const user = await checkPassword({ ...credentials.data, clientAddress })
    return { id: user._id, sessionVersion: user.sessionVersion }
  } catch (error) {
    if (isPeekrError(error) && error.code === 'wrong_credentials') return null
    if (isPeekrError(error) && error.code === 'too_many_attempts') throw new Error(TOO_MANY_ATTEMPTS)
    getLog('auth').error({ err: error }, 'Signing in failed on the server.')
    throw new Error(UNAVAILABLE)
  }
}

async function getClaimedUser(claims: SessionClaims): Promise<UserRecord> {
  const user = await findClaimedUser(claims)
  if (user === null) throw new Error('This session is over.')
  return user
}
