import type { Metadata } from 'next'
import { scopesOfRole } from '#lib/domain/permissions'
import { AccountProfile } from '../../_components/account/account-profile'
import { AccountTokens } from '../../_components/account/account-tokens'
import { requirePageViewer } from '../../_components/account/require-page-viewer'
import { ROLE_WORDS } from '../../_components/account/role-words'
import styles from '../../_components/controls/page.module.css'
import { SignOutButton } from '../../_components/shell/sign-out-button'

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
