import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { canEdit } from '#lib/domain/permissions'
import { requirePageViewer } from '../../../../_components/account/require-page-viewer'
import { ButtonLink } from '../../../../_components/controls/button'
import styles from '../../../../_components/controls/page.module.css'
import { findPageVideo } from '../../../../_components/video/find-page-video'
import { VideoMaking } from '../../../../_components/video/video-making'

type Params = Promise<{ videoId: string }>

export const metadata: Metadata = { title: 'Progress' }

export default async function Page({ params }: { params: Params }) {
  const { videoId } = await params
  const viewer = await requirePageViewer(`/studio/${videoId}/making`)
  const video = await findPageVideo(videoId)
  if (!canEdit(viewer, { ownerId: video.owner.id })) notFound()
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <div>
          <h1>Progress</h1>
          <p className={styles.lead}>
            What is done to make “{video.title}” playable, and what became of every attempt.
          </p>
        </div>
        <ButtonLink href={`/studio/${videoId}`} icon="back" tone="ghost">
          Edit video
        </ButtonLink>
      </header>
      <VideoMaking video={video} />
    </div>
  )
}
