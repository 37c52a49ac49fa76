import type { IncomingMessage } from 'node:http'
import { type Forwarded, resolveForwarded } from '#lib/http/forwarded'
import { requestIdFrom } from '#lib/http/request-id'

/**
 * Headers no client may set: where a request came from, and what Next says to itself. Next drops most of its own,
 * but x-middleware-subrequest once skipped all middleware (CVE-2025-29927), and the list differs between versions.
 * `next-action` starts a Server Action; Peekr has none. What Next's own client sends (rsc, next-router-*, next-url,
 * x-nextjs-request-id, x-nextjs-html-request-id, x-deployment-id) stays.
 */
const FORBIDDEN = new RegExp(
  `^(?:${[
    'forwarded',
    'x-forwarded(?:-.*)?',
    'x-real-ip',
    'x-client-ip',
    'x-original-(?:url|host|method|uri)',
    'x-rewrite-url',
    'x-peekr-.*',
    'x-request-id',
    'x-middleware-.*',
    'x-invoke-.*',
    'x-now-.*',
    'x-vercel-.*',
    'x-matched-path',
    'x-prerender-.*',
    'x-next-.*',
    'x-nextjs-(?!request-id$|html-request-id$).*',
    'next-(?:resume|action)',
  ].join('|')})$`,
)

/**
 * Rewrites a request's headers so that everything behind the front door may trust them: removes what no client may
 * set, then sets x-forwarded-host, x-forwarded-proto, x-forwarded-for, x-peekr-client, x-peekr-hops (the trusted proxies
 * it came through) and x-request-id to what is true. Call it first and once; a second call would take our own headers for a stranger's and still end the same.
 */
export function applyForwarded(
  req: IncomingMessage,
  trustedProxies: readonly string[],
): Forwarded & { requestId: string } {
  const forwarded = resolveForwarded(req, trustedProxies)
  const given = req.headers['x-request-id']
  const requestId = requestIdFrom(forwarded.hops > 0 && typeof given === 'string' ? given : null)
  const truth = {
    'x-forwarded-host': forwarded.host,
    'x-forwarded-proto': forwarded.protocol,
    'x-forwarded-for': forwarded.clientAddress,
    'x-peekr-client': forwarded.clientAddress,
    'x-peekr-hops': String(forwarded.hops),
    'x-request-id': requestId,
  }
  for (const name in req.headers) {
    if (isForbidden(name)) delete req.headers[name]
  }
  Object.assign(req.headers, truth)
  // Some libraries read the raw list instead.
  req.rawHeaders = [...keepAllowed(req.rawHeaders), ...Object.entries(truth).flat()]
  return { ...forwarded, requestId }
}

/** Most headers fall to the first sign already; this runs for every header of every request. */
function isForbidden(name: string): boolean {
  return 'fnx'.includes(name[0] ?? '') && FORBIDDEN.test(name)
}

function keepAllowed(rawHeaders: string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!isForbidden(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? '')
  }
  return kept
}
