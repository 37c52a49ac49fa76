'use client'

import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { SnapshotView } from '#lib/domain/snapshot-view'
import type { VideoView } from '#lib/domain/video-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { useStore } from '../controls/create-store'
import { showToast } from '../controls/toast-store'
import { UnfinishedUploads } from '../upload/unfinished-uploads'
import { UploadAnnouncer } from '../upload/upload-announcer'
import { UploadCard } from '../upload/upload-card'
import { addUploads, forgetUpload } from '../upload/upload-queue'
import { uploadStore } from '../upload/upload-store'
import styles from './edit-video-page.module.css'
import { restoreVideo } from './undo-change'

/** A new file for a video that is ready: chosen, sent as any upload, and taken back while its page is open. */
export function ReplaceFile({
  video,
  userId,
  onChange,
}: {
  video: VideoView
  userId: string
  onChange: (video: VideoView) => void
}) {
  const input = useRef<HTMLInputElement>(null)
  /** The hash of the file before, null where that is not known yet. */
  const [replacedFrom, setReplacedFrom] = useState<string | null>(null)
  const [hasArrived, setHasArrived] = useState(false)
  const [undoing, setUndoing] = useState(false)
  const items = useStore(uploadStore).filter(({ replaces }) => replaces === video.id)
  const arrived = items.find(({ status }) => status === 'uploaded')?.key

  const followArrival = useEffectEvent(async (key: string) => {
    try {
      onChange(await callApi<VideoView>(`/api/videos/${video.id}`))
    } catch (error) {
      showToast('bad', errorSentence(error))
    }
    setHasArrived(true)
    forgetUpload(key)
  })
  useEffect(() => {
    if (arrived !== undefined) void followArrival(arrived)
  }, [arrived])

  function choose(files: FileList | null) {
    const [file] = files ?? []
    // So that choosing the same file again counts as a change.
    if (input.current) input.current.value = ''
    if (file === undefined) return
    setReplacedFrom(video.source.sha256)
    setHasArrived(false)
    addUploads([file], userId, video.id)
  }

  async function undo() {
    setUndoing(true)
    try {
      const snapshot = await findLatest(video.id)
      if (snapshot === null) showToast('bad', 'There is nothing to go back to. Look into the history.')
      else onChange(await restoreVideo(video.id, snapshot, 'all'))
      setHasArrived(false)
    } catch (error) {
      showToast('bad', errorSentence(error))
    } finally {
      setUndoing(false)
    }
  }

  const isOther = replacedFrom === null || video.source.sha256 !== replacedFrom
  const isNew = hasArrived && isOther && video.error === null
  return (
    <section className={styles.panel} aria-labelledby="replace">
      <h2 id="replace">Replace the file</h2>
      <p className={styles.explanation}>
        The link, the title and who may watch stay. The present version plays until the new one is ready.
      </p>
      <UnfinishedUploads userId={userId} replaces={video.id} />
      {items.length > 0 && (
        <ul>
          {items.map((item) => (
            <UploadCard key={item.key} item={item} />
          ))}
        </ul>
      )}
      <div className={styles.actions}>
        <Button
          icon="upload"
          disabled={items.length > 0 || video.publishedAt === null}
          onClick={() => input.current?.click()}
        >
          Choose a new file
        </Button>
        {isNew && video.state === 'ready' && (
          <Button icon="back" pending={undoing} onClick={undo}>
            Bring the old one back
          </Button>
        )}
      </div>
      <input
        ref={input}
        type="file"
        accept="video/*,.mkv,.mts,.m2ts,.ts,.avi,.flv,.wmv"
        className="visuallyHidden"
        tabIndex={-1}
        aria-label="The new file"
        onChange={(event) => choose(event.target.files)}
      />
      <UploadAnnouncer />
    </section>
  )
}

/** The snapshot that was taken before the last replacement. */
async function findLatest(videoId: string): Promise<string | null> {
  const { items } = await callApi<{ items: SnapshotView[] }>(`/api/videos/${videoId}/snapshots`)
  const taken = items.filter(({ reason }) => reason === 'before-replace')
  taken.sort((left, right) => right.createdAt.localeCompare(left.createdAt))
  return taken[0]?.name ?? null
}
