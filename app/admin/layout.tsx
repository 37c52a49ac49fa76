import type { ReactNode } from 'react'
import { AdminNav } from '../_components/admin/admin-nav'
import { requireAdminPage } from '../_components/admin/require-admin-page'
import { StorageAlerts } from '../_components/admin/storage-alerts'
import styles from '../_components/controls/page.module.css'

export default async function AdminLayout({ children }: { children: ReactNode }) {
  await requireAdminPage('/admin')
  return (
    <div className={styles.narrow}>
      <AdminNav />
      <StorageAlerts />
      {children}
    </div>
  )
}
