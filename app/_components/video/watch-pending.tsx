'use client'

import { useState } from 'react'
import { formatTimeLeft } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { callApi, errorSentence } from '../api-client'
import { Button, ButtonLink } from '../controls/button'
import { Icon } from '../controls/icon'
import { ProgressBar } from '../controls/progress-bar'
import { canRetry } from './can-retry'
import { describeState, isDamaged } from './video-status'
import styles from './watch-pending.module.css'

/** In the player's place while there is nothing to play yet, or when there never will be without a retry. */
export function WatchPending({
  video,
  editable,
  onChange,
}: {
  video: VideoView
  editable: boolean
  onChange: (video: VideoView) => void
}) {
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<string | null>(null)

  async function retry() {
    setPending(true)
    setError(null)
    try {
      await callApi(`/api/videos/${video.id}/retry`, { method: 'POST', body: {} })
      onChange(await callApi<VideoView>(`/api/videos/${video.id}`))
    } catch (caught) {
      setError(errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  if (isDamaged(video)) {
    return (
      <div className={styles.pending}>
        <Icon name="alert" size={40} />
        <h2>This video is damaged</h2>
        <p>{video.error?.message}</p>
        {editable && (
          <div className={styles.actions}>
            <ButtonLink href={`/studio/${video.id}/history`} icon="undo" tone="primary">
              Restore it
            </ButtonLink>
          </div>
        )}
      </div>
    )
  }
  if (video.state === 'failed') {
    return (
      <div className={styles.pending}>
        <Icon name="alert" size={40} />
        <h2>This video could not be made playable</h2>
        <p>{error ?? video.error?.message ?? 'Retry it; the job log has the reason.'}</p>
        {editable && (
          <div className={styles.actions}>
            {canRetry(video) && (
              <Button tone="primary" icon="retry" pending={pending} onClick={retry}>
                Retry
              </Button>
            )}
            <ButtonLink href={`/studio/${video.id}/making`} icon="gear">
              What was tried
            </ButtonLink>
            <ButtonLink href="/upload" icon="upload">
              Upload another copy
            </ButtonLink>
          </div>
        )}
      </div>
    )
  }
  return (
    <div className={styles.pending} aria-live="polite">
      <h2>{describeState(video)}</h2>
      <div className={styles.bar}>
        <ProgressBar
          value={video.state === 'ingesting' ? null : video.progress}
          label={`Progress of ${video.title}`}
        />
      </div>
      <p>{explain(video)}</p>
      {editable && video.state === 'uploading' && (
        <div className={styles.actions}>
          <ButtonLink href="/upload" icon="upload">
            Go to uploads
          </ButtonLink>
        </div>
      )}
    </div>
  )
}

function explain(video: VideoView): string {
  if (video.state === 'uploading' && video.early?.sentence) return video.early.sentence
  if (video.state === 'uploading')
    return 'The file is still on its way. It plays here soon after its last byte.'
  if (video.state === 'ingesting') return 'Looking at what is in the file. This takes a moment.'
  const slowest = video.making?.renditions.at(-1)
  if (slowest?.speed && slowest.speed < 1 && slowest.secondsLeft !== null) {
    return `This machine makes it slower than it plays, at ${slowest.speed.toFixed(1)} × real time, so it starts to play once it will not stop in between: in ${formatTimeLeft(slowest.secondsLeft)} at most.`
  }
  return 'It starts to play here as soon as it can. You may leave this page; nothing stops.'
}
