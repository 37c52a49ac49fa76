import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { findPageViewer } from '#lib/auth/page-viewer'
import { isSetupNeeded } from '#lib/auth/setup'
import { Toaster } from './_components/controls/toaster'
import { OfflineBanner } from './_components/shell/offline-banner'
import { SessionBanner } from './_components/shell/session-banner'
import { SiteHeader } from './_components/shell/site-header'
import { parseTheme, THEME_COOKIE } from './_components/shell/theme'
import styles from './layout.module.css'
import './globals.css'

/** Every page depends on who asks, and its scripts on the nonce of this one answer: nothing is made at build time. */
export const dynamic = 'force-dynamic'

export const metadata: Metadata = {
  title: { default: 'Peekr', template: '%s · Peekr' },
  description: 'Videos, on a machine of your own.',
  applicationName: 'Peekr',
  icons: { icon: '/favicon.svg' },
  manifest: '/manifest.webmanifest',
  referrer: 'same-origin',
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf9f8' },
    { media: '(prefers-color-scheme: dark)', color: '#131214' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [viewer, setupNeeded, jar] = await Promise.all([findPageViewer(), isSetupNeeded(), cookies()])
  const theme = parseTheme(jar.get(THEME_COOKIE)?.value)
  return (
    <html lang="en" data-theme={theme} suppressHydrationWarning>
      <body>
        <a href="#content" className={styles.skip}>
          Skip to content
        </a>
        <OfflineBanner />
        <SessionBanner />
        <SiteHeader viewer={viewer} theme={theme} bare={setupNeeded} />
        <main id="content" tabIndex={-1} className={styles.main}>
          {children}
        </main>
        <Toaster />
      </body>
    </html>
  )
}
