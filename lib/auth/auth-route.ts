import { NextRequest } from 'next/server'
import NextAuth from 'next-auth'
import { buildAuthOptions, TOO_MANY_ATTEMPTS, UNAVAILABLE } from '#lib/auth/auth-options'
import { findSessionUser } from '#lib/auth/session-token'
import { setAuthEnvironment } from '#lib/config'
import { connectDatabase } from '#lib/db/connect'
import { PeekrError } from '#lib/errors'
import { toErrorResponse } from '#lib/http/error-response'
import { readText } from '#lib/http/read-text'
import { requestIdFrom } from '#lib/http/request-id'
import { requireSameSite } from '#lib/http/require-same-site'

interface AuthContext {
  params: Promise<{ nextauth: string[] }>
}

/** What Peekr uses of next-auth. Left out: writing client-chosen lines to the log, providers that send mail. */
const ACTIONS = new Set(['csrf', 'providers', 'session', 'signin', 'signout', 'callback', 'error'])
const WHENCE = new Set(['sec-fetch-site', 'origin', 'host', 'x-forwarded-host'])
const BODY_SIZE_BYTES_MAX = 16 * 1024

/**
 * next-auth's handler under `/api/auth`, in Peekr's frame: a body of bounded size whose fields are plain texts,
 * answers no cache keeps, and 503 while the database is away instead of a session that looks ended.
 * Writes carry next-auth's own CSRF token, whose cookie a neighbouring site under the same domain could plant: what a
 * browser says comes from another site is refused as well.
 */
export async function authRoute(request: NextRequest, context: AuthContext): Promise<Response> {
  const requestId = requestIdFrom(request.headers.get('x-request-id'))
  try {
    const [action = ''] = (await context.params).nextauth
    if (!ACTIONS.has(action)) throw new PeekrError('not_found')
    // Without the cookie: a script's sign-in says nothing of where it comes from, and has next-auth's token.
    requireSameSite(request.method, (name) => (WHENCE.has(name) ? request.headers.get(name) : null))
    setAuthEnvironment()
    await connectDatabase()
    if (action === 'session') await findSessionUser(request.headers.get('cookie'))
    const checked = request.method === 'POST' ? await requirePlainBody(request) : request
    const response: Response = await NextAuth(checked, context, buildAuthOptions())
    return finishResponse(response, requestId)
  } catch (error) {
    return toErrorResponse(error, requestId)
  }
}

/** next-auth passes a JSON body on as it is, where an object could be a query operator. */
async function requirePlainBody(request: NextRequest): Promise<NextRequest> {
  const body = await readText(request, BODY_SIZE_BYTES_MAX)
  if (request.headers.get('content-type')?.includes('application/json') && !isPlainObject(body)) {
    throw new PeekrError('bad_request', { message: 'Send the fields of this request as plain texts.' })
  }
  return new NextRequest(request.url, { method: 'POST', headers: request.headers, body })
}

function isPlainObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    return Object.values(value).every((field) => ['string', 'boolean', 'number'].includes(typeof field))
  } catch {
    return false // not JSON at all: the answer is the same
  }
}

async function finishResponse(response: Response, requestId: string): Promise<Response> {
  const headers = new Headers(response.headers)
  headers.set('x-request-id', requestId)
  headers.set('x-content-type-options', 'nosniff')
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store')
  const body = await response.text()
  return new Response(body, { status: pickStatus(response.status, body), headers })
}

/** next-auth answers a script 401 whatever stopped the sign-in, and names it in the address it sends it to. */
function pickStatus(status: number, body: string): number {
  if (status !== 401) return status
  if (body.includes(`error=${TOO_MANY_ATTEMPTS}`)) return 429
  return body.includes(`error=${UNAVAILABLE}`) ? 503 : 401
}
