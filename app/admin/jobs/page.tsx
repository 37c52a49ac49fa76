import type { Metadata } from 'next'
import { AdminJobs } from '../../_components/admin-jobs'
import styles from '../../_components/page.module.css'
import { requireAdminPage } from '../../_components/require-admin-page'

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
