import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { canEdit } from '#lib/domain/permissions'
import { requirePageViewer } from '../../../_components/account/require-page-viewer'
import { ButtonLink } from '../../../_components/controls/button'
import styles from '../../../_components/controls/page.module.css'
import { EditVideoPage } from '../../../_components/video/edit-video-page'
import { findPageVideo } from '../../../_components/video/find-page-video'

type Params = Promise<{ videoId: string }>

export const metadata: Metadata = { title: 'Edit video' }

export default async function Page({ params }: { params: Params }) {
  const { videoId } = await params
  const viewer = await requirePageViewer(`/studio/${videoId}`)
  const video = await findPageVideo(videoId)
  if (!canEdit(viewer, { ownerId: video.owner.id })) notFound()
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <h1>Edit video</h1>
        <div className={styles.row}>
          <ButtonLink href="/studio" icon="back" tone="ghost">
            My videos
          </ButtonLink>
          <ButtonLink href={`/watch/${video.id}`} icon="play">
            Watch
          </ButtonLink>
        </div>
      </header>
      <EditVideoPage video={video} userId={viewer.userId} />
    </div>
  )
}
