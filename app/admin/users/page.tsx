import type { Metadata } from 'next'
import { AdminUsers } from '../../_components/admin/admin-users'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'

export const metadata: Metadata = { title: 'Users' }

export default async function Page() {
  const viewer = await requireAdminPage('/admin/users')
  return (
    <>
      <header className={styles.head}>
        <h1>Users</h1>
      </header>
      <AdminUsers viewerId={viewer.userId} />
    </>
  )
}
