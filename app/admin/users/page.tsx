import type { Metadata } from 'next'
import { AdminUsers } from '../../_components/admin-users'
import styles from '../../_components/page.module.css'
import { requireAdminPage } from '../../_components/require-admin-page'

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
