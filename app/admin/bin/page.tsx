import type { Metadata } from 'next'
import { requireAdminPage } from '../../_components/admin/require-admin-page'
import styles from '../../_components/controls/page.module.css'
import { VideoBin } from '../../_components/history/video-bin'

export const metadata: Metadata = { title: 'Bin' }

export default async function Page() {
  await requireAdminPage('/admin/bin')
  return (
    <>
      <header className={styles.head}>
        <h1>Everybody’s bin</h1>
      </header>
      <VideoBin path="/api/admin/bin" showOwner />
    </>
  )
}
