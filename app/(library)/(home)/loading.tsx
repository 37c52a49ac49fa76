import styles from '../../_components/page.module.css'
import { VideoGridSkeleton } from '../../_components/video-grid-skeleton'

export default function Loading() {
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Videos</h1>
      </header>
      <VideoGridSkeleton />
    </div>
  )
}
