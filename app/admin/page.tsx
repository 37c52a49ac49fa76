import type { Metadata } from 'next'
import { AdminOverview } from '../_components/admin-overview'
import styles from '../_components/page.module.css'
import { requireAdminPage } from '../_components/require-admin-page'

export const metadata: Metadata = { title: 'Administration' }

export default async function Page() {
  await requireAdminPage('/admin')
  return (
    <>
      <header className={styles.head}>
        <h1>Administration</h1>
      </header>
      <AdminOverview />
    </>
  )
}
