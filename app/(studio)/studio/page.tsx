import type { Metadata } from 'next'
import { canUpload } from '#lib/domain/permissions'
import { requirePageViewer } from '../../_components/account/require-page-viewer'
import { ButtonLink } from '../../_components/controls/button'
import styles from '../../_components/controls/page.module.css'
import { StudioVideos } from '../../_components/video/studio-videos'

export const metadata: Metadata = { title: 'My videos' }

export default async function StudioPage() {
  const viewer = await requirePageViewer('/studio')
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <h1>My videos</h1>
        <div className={styles.row}>
          <ButtonLink href="/studio/bin" icon="trash" tone="ghost">
            Bin
          </ButtonLink>
          {canUpload(viewer) && (
            <ButtonLink href="/upload" icon="upload">
              Upload more
            </ButtonLink>
          )}
        </div>
      </header>
      <StudioVideos mayUpload={canUpload(viewer)} />
    </div>
  )
}
