import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { getSettings } from '#lib/admin/settings'
import { findPageViewer } from '#lib/auth/page-viewer'
import { AuthCard } from '../../_components/auth-card'
import styles from '../../_components/auth-card.module.css'
import { ButtonLink } from '../../_components/button'
import { EmptyState } from '../../_components/empty-state'
import { RegisterForm } from '../../_components/register-form'
import { requireSetup } from '../../_components/require-page-viewer'

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
