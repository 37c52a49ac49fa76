import type { Metadata } from 'next'
import { AdminOverview } from '../_components/admin/admin-overview'
import { requireAdminPage } from '../_components/admin/require-admin-page'
import styles from '../_components/controls/page.module.css'

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
