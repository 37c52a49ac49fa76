import { type NextRequest, NextResponse } from 'next/server'
import { getConfig } from '#lib/config'

/**
 * Puts the security headers on pages: a content security policy with a nonce of its own for each answer.
 * It authorises nothing (handlers and the data layer do), and must never see uploads: Next cuts bodies that
 * pass through here at 10 MiB.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = crypto.randomUUID().replaceAll('-', '')
  const policy = buildContentSecurityPolicy(nonce)
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('content-security-policy', policy) // Next reads the nonce for its own scripts from here
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  response.headers.set('x-content-type-options', 'nosniff')
  response.headers.set('referrer-policy', 'same-origin')
  response.headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=()')
  return response
}

export const config = {
  matcher: ['/((?!api/|stream/|_next/static/|favicon\\.svg$|icon\\.svg$|manifest\\.webmanifest$).*)'],
}

function buildContentSecurityPolicy(nonce: string): string {
  // `next dev` evaluates code for hot reloading; a production build never needs it.
  const development = process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : ''
  const { cdnUrl } = getConfig()
  const cdn = cdnUrl === null ? '' : ` ${new URL(cdnUrl).origin}`
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development}`,
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' data: blob:${cdn}`,
    `media-src 'self' blob:${cdn}`,
    `connect-src 'self'${cdn}`,
    "worker-src 'self' blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ')
}
