import type { Metadata } from 'next'
import { AdminVideos } from '../../_components/admin-videos'
import styles from '../../_components/page.module.css'
import { requireAdminPage } from '../../_components/require-admin-page'

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
