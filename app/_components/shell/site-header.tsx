import Link from 'next/link'
import { canUpload, type Viewer } from '#lib/domain/permissions'
import { ButtonLink } from '../controls/button'
import { UploadIndicator } from '../upload/upload-indicator'
import { AccountMenu } from './account-menu'
import { Logo } from './logo'
import { SearchBox } from './search-box'
import { SignInLink } from './sign-in-link'
import styles from './site-header.module.css'
import type { Theme } from './theme'
import { ThemeMenu } from './theme-menu'

/** The bar on every page: home, search, upload, account. */
export function SiteHeader({ viewer, theme, bare }: { viewer: Viewer | null; theme: Theme; bare: boolean }) {
  return (
    <header className={styles.header}>
      <div className={styles.bar}>
        <Link href="/" className={styles.brand} aria-label="Peekr, home">
          <Logo />
          <span className={styles.word}>Peekr</span>
        </Link>
        {!bare && <SearchBox className={styles.search} />}
        <nav className={styles.actions} aria-label="Main">
          {!bare && canUpload(viewer) && (
            <>
              <UploadIndicator />
              <ButtonLink href="/upload" tone="primary" icon="upload" className={styles.upload}>
                Upload
              </ButtonLink>
            </>
          )}
          {viewer ? (
            <AccountMenu viewer={viewer} theme={theme} />
          ) : (
            <>
              <ThemeMenu theme={theme} />
              {!bare && <SignInLink />}
            </>
          )}
        </nav>
      </div>
    </header>
  )
}
