import type { Metadata } from 'next'
import { AdminStorage } from '../../_components/admin/admin-storage'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'

export const metadata: Metadata = { title: 'Storage' }

export default async function Page() {
  await requireAdminPage('/admin/storage')
  return (
    <>
      <header className={styles.head}>
        <h1>Storage</h1>
      </header>
      <AdminStorage />
    </>
  )
}
