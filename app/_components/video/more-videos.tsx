'use client'

import Link from 'next/link'
import { formatAge, formatDuration } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { HoverClip } from './hover-clip'
import styles from './more-videos.module.css'
import { Poster } from './poster'
import { useHoverPreview } from './use-hover-preview'

/** Beside the player: what else there is to watch. */
export function MoreVideos({ videos, nowMs }: { videos: VideoView[]; nowMs: number }) {
  if (videos.length === 0) return null
  return (
    <aside aria-labelledby="more" className={styles.aside}>
      <h2 id="more">More videos</h2>
      <ul className={styles.list}>
        {videos.map((video) => (
          <MoreVideo key={video.id} video={video} nowMs={nowMs} />
        ))}
      </ul>
    </aside>
  )
}

function MoreVideo({ video, nowMs }: { video: VideoView; nowMs: number }) {
  const { active, handlers } = useHoverPreview()
  const upright = (video.height ?? 0) > (video.width ?? 0)
  const { poster = null, hover = null } = video.playback ?? {}
  return (
    <li className={styles.item} {...handlers}>
      <div className={styles.picture}>
        <Poster src={poster} upright={upright} />
        {active && hover && <HoverClip src={hover} upright={upright} />}
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
  )
}
