import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { canEdit } from '#lib/domain/permissions'
import { ButtonLink } from '../../../_components/button'
import { EditVideoPage } from '../../../_components/edit-video-page'
import { findPageVideo } from '../../../_components/find-page-video'
import styles from '../../../_components/page.module.css'
import { requirePageViewer } from '../../../_components/require-page-viewer'

type Params = Promise<{ videoId: string }>

export const metadata: Metadata = { title: 'Edit video' }

export default async function Page({ params }: { params: Params }) {
  const { videoId } = await params
  const viewer = await requirePageViewer(`/studio/${videoId}`)
  const video = await findPageVideo(videoId)
  if (!canEdit(viewer, { ownerId: video.owner.id, visibility: video.visibility })) notFound()
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
      <EditVideoPage video={video} />
    </div>
  )
}
