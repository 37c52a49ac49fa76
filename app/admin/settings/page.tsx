import type { Metadata } from 'next'
import { AdminSettings } from '../../_components/admin/admin-settings'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'

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
