import type { Metadata } from 'next'
import { AdminLeaks } from '../../_components/admin/admin-leaks'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'

export const metadata: Metadata = { title: 'Leak test' }

export default async function Page() {
  await requireAdminPage('/admin/leaks')
  return (
    <>
      <header className={styles.head}>
        <h1>Leak test</h1>
      </header>
      <AdminLeaks />
    </>
  )
}
