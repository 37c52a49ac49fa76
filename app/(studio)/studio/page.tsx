import type { Metadata } from 'next'
import { canUpload } from '#lib/domain/permissions'
import { ButtonLink } from '../../_components/button'
import styles from '../../_components/page.module.css'
import { requirePageViewer } from '../../_components/require-page-viewer'
import { StudioVideos } from '../../_components/studio-videos'

export const metadata: Metadata = { title: 'My videos' }

export default async function StudioPage() {
  const viewer = await requirePageViewer('/studio')
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <h1>My videos</h1>
        {canUpload(viewer) && (
          <ButtonLink href="/upload" icon="upload">
            Upload more
          </ButtonLink>
        )}
      </header>
      <StudioVideos mayUpload={canUpload(viewer)} />
    </div>
  )
}
