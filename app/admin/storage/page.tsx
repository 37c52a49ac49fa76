import type { Metadata } from 'next'
import { AdminStorage } from '../../_components/admin-storage'
import styles from '../../_components/page.module.css'
import { requireAdminPage } from '../../_components/require-admin-page'

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
