'use client'

import Link from 'next/link'
import { formatAge, formatDuration, formatSpokenDuration } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { Icon } from '../controls/icon'
import { ProgressBar } from '../controls/progress-bar'
import { HoverClip } from './hover-clip'
import { Poster } from './poster'
import { useHoverPreview } from './use-hover-preview'
import { isMoving, useLiveVideo } from './use-live-video'
import styles from './video-card.module.css'
import { describeState } from './video-status'
import { VISIBILITY_LOOKS } from './visibility'

/** One video in a grid. While it is being made it shows how far it is, by itself. */
export function VideoCard({
  video: initial,
  nowMs,
  eager,
}: {
  video: VideoView
  nowMs: number
  eager?: boolean
}) {
  const { video, gone } = useLiveVideo(initial)
  const { active, handlers } = useHoverPreview()
  if (gone) return null
  const visibility = VISIBILITY_LOOKS[video.visibility]
  const upright = (video.height ?? 0) > (video.width ?? 0)
  const settled = video.state === 'ready'
  return (
    <li className={styles.card} {...handlers}>
      <div className={styles.picture}>
        <Poster src={video.playback?.poster ?? null} upright={upright} eager={eager} />
        {active && video.playback?.hover && <HoverClip src={video.playback.hover} upright={upright} />}
        {settled && video.durationSeconds !== null && (
          <span className={styles.duration}>
            <span aria-hidden="true">{formatDuration(video.durationSeconds)}</span>
            <span className="visuallyHidden">{formatSpokenDuration(video.durationSeconds)}</span>
          </span>
        )}
        {!settled && (
          <div className={`${styles.state} ${video.state === 'failed' ? styles.failed : ''}`}>
            <span>{describeState(video)}</span>
            {isMoving(video) && (
              <ProgressBar
                value={video.state === 'ingesting' ? null : video.progress}
                label={`Progress of ${video.title}`}
              />
            )}
          </div>
        )}
      </div>
      <h2 className={styles.title}>
        <Link href={`/watch/${video.id}`} className={styles.link} prefetch={false}>
          {video.title}
        </Link>
      </h2>
      <p className={styles.facts}>
        <span className={styles.owner}>{video.owner.name}</span>
        <span>{formatAge(video.createdAt, nowMs)}</span>
        {video.visibility !== 'public' && (
          <span className={styles.visibility} title={visibility.explanation}>
            <Icon name={visibility.icon} size={14} />
            {visibility.label}
          </span>
        )}
      </p>
    </li>
  )
}
