import type { ReactNode } from 'react'
import { AdminNav } from '../_components/admin-nav'
import styles from '../_components/page.module.css'
import { requireAdminPage } from '../_components/require-admin-page'

export default async function AdminLayout({ children }: { children: ReactNode }) {
  await requireAdminPage('/admin')
  return (
    <div className={styles.narrow}>
      <AdminNav />
      {children}
    </div>
  )
}
