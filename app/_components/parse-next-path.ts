/** A path to go to after sign-in: only one on this very site, anything else becomes `/`. */
export function parseNextPath(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next)) return '/'
  try {
    const url = new URL(next, 'http://peekr.invalid')
    return url.host === 'peekr.invalid' ? `${url.pathname}${url.search}${url.hash}` : '/'
  } catch {
    return '/'
  }
}
