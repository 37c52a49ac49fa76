export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const THEME_COOKIE = 'peekr-theme'

/** The remembered theme; what is not one of them follows the system. */
export function parseTheme(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? 'system'
}

/**
 * Applies a theme at once and remembers it for a year. It is a cookie, so that the server's first byte already
 * has the right colours: no flash, and no script before the page.
 */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  // The Cookie Store API is missing in Firefox and Safari of 2025.
  // biome-ignore lint/suspicious/noDocumentCookie: see above
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=31536000; samesite=lax`
}
