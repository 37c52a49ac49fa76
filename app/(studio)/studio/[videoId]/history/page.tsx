import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { canEdit } from '#lib/domain/permissions'
import { requirePageViewer } from '../../../../_components/account/require-page-viewer'
import { ButtonLink } from '../../../../_components/controls/button'
import styles from '../../../../_components/controls/page.module.css'
import { VideoHistory } from '../../../../_components/history/video-history'
import { findPageVideo } from '../../../../_components/video/find-page-video'

type Params = Promise<{ videoId: string }>

export const metadata: Metadata = { title: 'History' }

export default async function Page({ params }: { params: Params }) {
  const { videoId } = await params
  const viewer = await requirePageViewer(`/studio/${videoId}/history`)
  const video = await findPageVideo(videoId)
  if (!canEdit(viewer, { ownerId: video.owner.id })) notFound()
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <div>
          <h1>History</h1>
          <p className={styles.lead}>
            What “{video.title}” was before each change. Any of it can be brought back.
          </p>
        </div>
        <ButtonLink href={`/studio/${videoId}`} icon="back" tone="ghost">
          Edit video
        </ButtonLink>
      </header>
      <VideoHistory video={video} />
    </div>
  )
}
