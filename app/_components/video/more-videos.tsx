import Link from 'next/link'
import { formatAge, formatDuration } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import styles from './more-videos.module.css'
import { Poster } from './poster'

/** Beside the player: what else there is to watch. */
export function MoreVideos({ videos, nowMs }: { videos: VideoView[]; nowMs: number }) {
  if (videos.length === 0) return null
  return (
    <aside aria-labelledby="more" className={styles.aside}>
      <h2 id="more">More videos</h2>
      <ul className={styles.list}>
        {videos.map((video) => (
          <li key={video.id} className={styles.item}>
            <div className={styles.picture}>
              <Poster
                src={video.playback?.poster ?? null}
                upright={(video.height ?? 0) > (video.width ?? 0)}
              />
              {video.durationSeconds !== null && (
                <span className={styles.duration}>{formatDuration(video.durationSeconds)}</span>
              )}
            </div>
            <div className={styles.text}>
              <Link href={`/watch/${video.id}`} className={styles.link} prefetch={false}>
                {video.title}
              </Link>
              <p>
                {video.owner.name} · {formatAge(video.createdAt, nowMs)}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </aside>
  )
}
