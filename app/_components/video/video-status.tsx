import { formatPercent, formatTimeLeft } from '#lib/domain/format'
import type { VideoState } from '#lib/domain/video'
import type { VideoView } from '#lib/domain/video-view'
import { ProgressBar } from '../controls/progress-bar'
import styles from './video-status.module.css'

const WORDS: Record<VideoState, string> = {
  uploading: 'Uploading',
  ingesting: 'Checking the file',
  transcoding: 'Making it playable',
  ready: 'Ready',
  failed: 'Failed',
}

/** Where a video is on its way, in words: `Making it playable · 43 %`. */
export function describeState(
  video: Pick<VideoView, 'state' | 'progress' | 'playable' | 'publishedAt'>,
): string {
  const moving = video.state === 'transcoding' || video.state === 'uploading'
  return moving ? `${describeWork(video)} · ${formatPercent(video.progress)}` : WORDS[video.state]
}

function describeWork({
  state,
  playable,
  publishedAt,
}: Pick<VideoView, 'state' | 'playable' | 'publishedAt'>): string {
  if (state !== 'transcoding' || !playable) return WORDS[state]
  return publishedAt === null ? 'Playable, the rest is being made' : 'Being made anew'
}

/** Published, and taken out of play because its files are damaged. */
export function isDamaged(video: Pick<VideoView, 'state' | 'playable' | 'error'>): boolean {
  return video.state === 'ready' && !video.playable && video.error?.code === 'quarantined'
}

/** The same with a bar, for as long as it moves, and the reason when it failed. */
export function VideoStatus({ video }: { video: VideoView }) {
  if (video.state === 'failed') {
    return <p className={styles.failed}>{video.error?.message ?? 'This video failed. Retry it.'}</p>
  }
  if (isDamaged(video)) return <p className={styles.failed}>{video.error?.message}</p>
  if (video.state === 'ready' && video.error !== null) {
    return (
      <div className={styles.status} role="status">
        <p className={styles.ready}>Ready</p>
        <p className={styles.failed}>
          The last change was not made, and the video is as it was. {video.error.message}
        </p>
      </div>
    )
  }
  if (video.state === 'ready') return <p className={styles.ready}>Ready</p>
  return (
    <div className={styles.status}>
      <p className={styles.words}>
        {describeState(video)}
        {video.making !== null && video.making.secondsLeft !== null && (
          <span className={styles.left}> · {formatTimeLeft(video.making.secondsLeft)} left</span>
        )}
      </p>
      <ProgressBar
        value={video.state === 'ingesting' ? null : video.progress}
        label={`Progress of ${video.title}`}
      />
    </div>
  )
}
