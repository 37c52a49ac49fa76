/** A path to go to after sign-in: only one on this very site, anything else becomes `/`. */
export function parseNextPath(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next)) return '/'
  try {
    const url = new URL(next, 'http://peekr.invalid')
    // `/.//elsewhere.example` is a path here, but `//elsewhere.example` once its dot is resolved: another site.
    const isHere = url.host === 'peekr.invalid' && !url.pathname.startsWith('//')
    return isHere ? `${url.pathname}${url.search}${url.hash}` : '/'
  } catch {
    return '/'
  }
}
