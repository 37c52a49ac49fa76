import type { Metadata } from 'next'
import { scopesOfRole } from '#lib/domain/permissions'
import { AccountProfile } from '../../_components/account-profile'
import { AccountTokens } from '../../_components/account-tokens'
import styles from '../../_components/page.module.css'
import { requirePageViewer } from '../../_components/require-page-viewer'
import { ROLE_WORDS } from '../../_components/role-words'
import { SignOutButton } from '../../_components/sign-out-button'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const viewer = await requirePageViewer('/account')
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <div>
          <h1>Account</h1>
          <p className={styles.lead}>
            {viewer.email} · {ROLE_WORDS[viewer.role]}
          </p>
        </div>
        <SignOutButton />
      </header>
      <div className={styles.stack}>
        <AccountProfile name={viewer.name} email={viewer.email} />
        <AccountTokens scopes={scopesOfRole(viewer.role)} />
      </div>
    </div>
  )
}
