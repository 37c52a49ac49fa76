import type { Metadata } from 'next'
import { AdminVideos } from '../../_components/admin/admin-videos'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'

export const metadata: Metadata = { title: 'All videos' }

export default async function Page() {
  await requireAdminPage('/admin/videos')
  return (
    <>
      <header className={styles.head}>
        <h1>All videos</h1>
      </header>
      <AdminVideos />
    </>
  )
}
