import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { getSettings } from '#lib/admin/settings'
import { findPageViewer } from '#lib/auth/page-viewer'
import { AuthCard } from '../../_components/account/auth-card'
import styles from '../../_components/account/auth-card.module.css'
import { LoginForm } from '../../_components/account/login-form'
import { parseNextPath } from '../../_components/account/parse-next-path'
import { requireSetup } from '../../_components/account/require-page-viewer'

export const metadata: Metadata = { title: 'Sign in' }

type SearchParams = Promise<Record<string, string | string[] | undefined>>

export default async function LoginPage({ searchParams }: { searchParams: SearchParams }) {
  await requireSetup()
  const { next } = await searchParams
  const path = parseNextPath(typeof next === 'string' ? next : undefined)
  if (await findPageViewer()) redirect(path)
  const { registration } = await getSettings()
  return (
    <AuthCard title="Sign in" lead={path === '/' ? 'Good to see you.' : 'Sign in to go on.'}>
      <LoginForm next={path} />
      <p className={styles.foot}>
        {registration === 'open' ? (
          <>
            New here? <Link href="/register">Create an account</Link>
          </>
        ) : (
          'No account, or forgot the password? Ask an administrator of this server.'
        )}
      </p>
    </AuthCard>
  )
}
