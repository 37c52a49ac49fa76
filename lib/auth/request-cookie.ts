import { createSessionCookie } from '#lib/auth/session-token'

/** The `Set-Cookie` value that signs in whoever made this request, `Secure` exactly when it came by HTTPS. */
export function createRequestCookie(
  request: Request,
  user: { _id: string; sessionVersion: number },
): Promise<string> {
  // The front door sets this header to what is true; see lib/http/apply-forwarded.ts.
  const secure = request.headers.get('x-forwarded-proto') === 'https'
  return createSessionCookie({ userId: user._id, sessionVersion: user.sessionVersion }, secure)
}
