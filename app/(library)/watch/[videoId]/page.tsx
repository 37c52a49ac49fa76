import type { Metadata } from 'next'
import { findPageViewer } from '#lib/auth/page-viewer'
import { listVideos } from '#lib/catalog/list-videos'
import { canEdit } from '#lib/domain/permissions'
import { UnlockForm } from '../../../_components/access/unlock-form'
import { requireSetup } from '../../../_components/account/require-page-viewer'
import { findLockedVideo } from '../../../_components/video/find-page-video'
import { MoreVideos } from '../../../_components/video/more-videos'
import { WatchView } from '../../../_components/video/watch-view'
import styles from './page.module.css'

type Params = Promise<{ videoId: string }>

export async function generateMetadata({ params }: { params: Params }): Promise<Metadata> {
  const video = await findLockedVideo((await params).videoId)
  if (video === null) return { title: 'Password', robots: { index: false } }
  const { title, description, visibility } = video
  return {
    title,
    description: description.slice(0, 200) || undefined,
    robots: { index: visibility === 'public' },
  }
}

export default async function WatchPage({ params }: { params: Params }) {
  await requireSetup()
  const { videoId } = await params
  const video = await findLockedVideo(videoId)
  if (video === null) return <UnlockForm videoId={videoId} />
  const viewer = await findPageViewer()
  const others = await listVideos({ viewer, limit: 13 })
  const more = others.items.filter((other) => other.id !== video.id && other.playable).slice(0, 12)
  const editable = canEdit(viewer, { ownerId: video.owner.id })
  const nowMs = Date.now()
  return (
    <div className={styles.page}>
      <WatchView key={video.id} video={video} editable={editable} nowMs={nowMs} />
      <MoreVideos videos={more} nowMs={nowMs} />
    </div>
  )
}
