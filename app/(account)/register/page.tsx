import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { getSettings } from '#lib/admin/settings'
import { findPageViewer } from '#lib/auth/page-viewer'
import { AuthCard } from '../../_components/account/auth-card'
import styles from '../../_components/account/auth-card.module.css'
import { RegisterForm } from '../../_components/account/register-form'
import { requireSetup } from '../../_components/account/require-page-viewer'
import { ButtonLink } from '../../_components/controls/button'
import { EmptyState } from '../../_components/controls/empty-state'

export const metadata: Metadata = { title: 'Create an account' }

export default async function RegisterPage() {
  await requireSetup()
  if (await findPageViewer()) redirect('/')
  const { registration } = await getSettings()
  if (registration === 'closed') {
    return (
      <EmptyState
        as="h1"
        icon="lock"
        title="Registration is closed"
        actions={
          <ButtonLink href="/login" tone="primary">
            Sign in
          </ButtonLink>
        }
      >
        An administrator of this server can make an account for you.
      </EmptyState>
    )
  }
  return (
    <AuthCard title="Create an account">
      <RegisterForm />
      <p className={styles.foot}>
        Have one already? <Link href="/login">Sign in</Link>
      </p>
    </AuthCard>
  )
}
