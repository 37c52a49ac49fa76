import type { Metadata } from 'next'
import { AdminSettings } from '../../_components/admin-settings'
import styles from '../../_components/page.module.css'
import { requireAdminPage } from '../../_components/require-admin-page'

export const metadata: Metadata = { title: 'Settings' }

export default async function Page() {
  await requireAdminPage('/admin/settings')
  return (
    <>
      <header className={styles.head}>
        <h1>Settings</h1>
      </header>
      <AdminSettings />
    </>
  )
}
