import type { Metadata } from 'next'
import { AdminJobs } from '../../_components/admin/admin-jobs'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'

export const metadata: Metadata = { title: 'Jobs' }

export default async function Page() {
  await requireAdminPage('/admin/jobs')
  return (
    <>
      <header className={styles.head}>
        <h1>Jobs</h1>
      </header>
      <AdminJobs />
    </>
  )
}
