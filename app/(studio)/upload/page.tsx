import type { Metadata } from 'next'
import { canUpload } from '#lib/domain/permissions'
import { requirePageViewer } from '../../_components/account/require-page-viewer'
import { ButtonLink } from '../../_components/controls/button'
import { EmptyState } from '../../_components/controls/empty-state'
import styles from '../../_components/controls/page.module.css'
import { UploadPage } from '../../_components/upload/upload-page'

export const metadata: Metadata = { title: 'Upload' }

export default async function Page() {
  const viewer = await requirePageViewer('/upload')
  if (!canUpload(viewer)) {
    return (
      <EmptyState
        as="h1"
        icon="upload"
        title="Your account can watch, not upload"
        actions={<ButtonLink href="/">All videos</ButtonLink>}
      >
        Ask an administrator of this server to make you an uploader. Nothing else changes for you.
      </EmptyState>
    )
  }
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <div>
          <h1>Upload</h1>
          <p className={styles.lead}>
            Videos start private. Choose who may watch beside each, or later on its page: people, a password,
            a link.
          </p>
        </div>
        <ButtonLink href="/studio" icon="film">
          My videos
        </ButtonLink>
      </header>
      <UploadPage userId={viewer.userId} />
    </div>
  )
}
