'use client'

import { useState } from 'react'
import type { VideoView } from '#lib/domain/video-view'
import { ApiError, callApi, errorSentence } from '../api-client'
import { Button, ButtonLink } from '../controls/button'
import { ProgressBar } from '../controls/progress-bar'
import { usePolling } from '../controls/use-polling'
import { canRetry } from '../video/can-retry'
import { VideoStatus } from '../video/video-status'
import styles from './upload-card.module.css'

/** What becomes of an upload after its last byte: progress until the video is ready, or the reason why not. */
export function UploadCardVideo({ videoId, title }: { videoId: string; title: string }) {
  const [video, setVideo] = useState<VideoView | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [retrying, setRetrying] = useState(false)
  const settled = video?.state === 'ready' || video?.state === 'failed'

  usePolling(
    async (signal) => {
      try {
        setVideo(await callApi<VideoView>(`/api/videos/${videoId}`, { signal }))
        setProblem(null)
      } catch (error) {
        if (signal.aborted) return
        const gone = error instanceof ApiError && error.status === 404
        setProblem(gone ? 'This video has been deleted.' : errorSentence(error))
      }
    },
    1000,
    !settled,
  )

  async function retry() {
    setRetrying(true)
    try {
      await callApi(`/api/videos/${videoId}/retry`, { method: 'POST', body: {} })
      setVideo(null)
    } catch (error) {
      setProblem(errorSentence(error))
    } finally {
      setRetrying(false)
    }
  }

  return (
    <div className={styles.video}>
      {video ? (
        <VideoStatus video={video} />
      ) : (
        <div>
          <p className={styles.facts}>Uploaded. Checking the file…</p>
          <ProgressBar value={null} label={`Progress of ${title}`} />
        </div>
      )}
      {problem && <p className={styles.failed}>{problem}</p>}
      {video && canRetry(video) && (
        <Button icon="retry" pending={retrying} onClick={retry}>
          Retry
        </Button>
      )}
      {video?.playable && (
        <ButtonLink href={`/watch/${videoId}`} tone="primary" icon="play">
          Watch
        </ButtonLink>
      )}
    </div>
  )
}
