'use client'

import { formatTimeLeft } from '#lib/domain/format'
import type { JobView } from '#lib/domain/job-view'
import type { MakingRendition, VideoView } from '#lib/domain/video-view'
import { JobList } from '../admin/job-list'
import { EmptyState } from '../controls/empty-state'
import { LoadState } from '../controls/load-state'
import page from '../controls/page.module.css'
import { ProgressBar } from '../controls/progress-bar'
import { useResource } from '../controls/use-resource'
import { useLiveVideo } from './use-live-video'
import styles from './video-making.module.css'
import { VideoStatus } from './video-status'

/** How a video's encode goes, rendition by rendition, and every job done for it, live. */
export function VideoMaking({ video: initial }: { video: VideoView }) {
  const { video } = useLiveVideo(initial)
  const { data, error, reload } = useResource<{ items: JobView[] }>(`/api/videos/${video.id}/jobs`, {
    everyMs: 2000,
  })
  return (
    <div className={page.stack}>
      <VideoStatus video={video} />
      {video.making !== null && <Renditions renditions={video.making.renditions} />}
      <LoadState data={data} error={error} onRetry={reload} label="Loading what was done" />
      {data?.items.length === 0 && (
        <EmptyState icon="clock" title="Nothing to show yet">
          Work on a video begins when its upload is complete.
        </EmptyState>
      )}
      {data && data.items.length > 0 && <JobList jobs={data.items.toSorted(byTurn)} ofOneVideo />}
    </div>
  )
}

/** What is at work first, then what waits in its order, then what has ended as it came. */
function byTurn(a: JobView, b: JobView): number {
  const turn = ({ state }: JobView) => (state === 'running' ? 0 : state === 'queued' ? 1 : 2)
  const isWaiting = a.state === 'queued' && b.state === 'queued'
  return turn(a) - turn(b) || (isWaiting ? a.createdAt.localeCompare(b.createdAt) : 0)
}

function Renditions({ renditions }: { renditions: MakingRendition[] }) {
  return (
    <ul className={styles.renditions} aria-label="Renditions">
      {renditions.map((rendition) => (
        <li key={rendition.name}>
          <p className={styles.facts}>
            <span className={styles.name}>{rendition.name}</span>
            <span>{describePace(rendition)}</span>
          </p>
          <ProgressBar value={rendition.progress} label={`Progress of ${rendition.name}`} />
        </li>
      ))}
    </ul>
  )
}

function describePace({ progress, speed, secondsLeft }: MakingRendition): string {
  if (progress >= 1) return 'all of it can be watched'
  if (speed === null || secondsLeft === null) return 'waiting for its first part'
  return `${speed.toFixed(1)} × real time, ${formatTimeLeft(secondsLeft)} left`
}
