import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What the check reads, from Node's or the web's headers alike. */
export type HeaderReader = (name: string) => string | null | undefined

/**
 * Refuses writes that another site made a browser send (CSRF). A browser says where a request comes from in
 * Sec-Fetch-Site, and on plain HTTP, where it sends none, in Origin. A write with a cookie and neither header is
 * refused; one without a cookie is a script's and carries no authority of a person. An Authorization header is
 * never added by a browser on its own, so a request with one is let through.
 * Expects headers as the front door leaves them (`apply-forwarded.ts`).
 * @throws cross_site
 */
export function requireSameSite(method: string, header: HeaderReader): void {
  if (SAFE_METHODS.has(method.toUpperCase())) return
  if (header('authorization')) return
  const site = header('sec-fetch-site')
  if (site) {
    if (site !== 'same-origin' && site !== 'none') throw new PeekrError('cross_site')
    return
  }
  const origin = header('origin')
  if (origin) {
    if (!isOwnOrigin(origin, header)) throw new PeekrError('cross_site')
    return
  }
  if (header('cookie')) throw new PeekrError('cross_site')
}

/** The scheme is left out: behind a proxy that ends TLS without saying so, it is the one thing not known. */
function isOwnOrigin(origin: string, header: HeaderReader): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, host } = new URL(origin)
  if (protocol !== 'http:' && protocol !== 'https:') return false
  const { publicUrl } = getConfig()
  const own = [header('x-forwarded-host') ?? header('host'), publicUrl && new URL(publicUrl).host]
  // Through URL, so that `:443` and letter case make no difference.
  return own.some(
    (name) => name && URL.canParse(`${protocol}//${name}`) && new URL(`${protocol}//${name}`).host === host,
  )
}
