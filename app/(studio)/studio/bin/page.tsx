import type { Metadata } from 'next'
import { requirePageViewer } from '../../../_components/account/require-page-viewer'
import { ButtonLink } from '../../../_components/controls/button'
import styles from '../../../_components/controls/page.module.css'
import { VideoBin } from '../../../_components/history/video-bin'

export const metadata: Metadata = { title: 'Bin' }

export default async function Page() {
  await requirePageViewer('/studio/bin')
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <h1>Bin</h1>
        <ButtonLink href="/studio" icon="back" tone="ghost">
          My videos
        </ButtonLink>
      </header>
      <VideoBin path="/api/bin" />
    </div>
  )
}
