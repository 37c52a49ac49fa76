'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { formatBytes } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { Button } from '../controls/button'
import { DeleteVideoDialog } from './delete-video-dialog'
import { EditVideoForm } from './edit-video-form'
import styles from './edit-video-page.module.css'
import { Poster } from './poster'
import { useLiveVideo } from './use-live-video'
import { VideoStatus } from './video-status'

/** The page for one video of one's own: the form, what is known of the file, and deletion. */
export function EditVideoPage({ video: initial }: { video: VideoView }) {
  const router = useRouter()
  const { video } = useLiveVideo(initial)
  const [deleting, setDeleting] = useState(false)
  return (
    <div className={styles.columns}>
      <section className={styles.panel} aria-label="Details">
        <EditVideoForm video={initial} onSaved={() => router.push(`/watch/${video.id}`)} />
      </section>
      <aside className={styles.side} aria-label="File">
        <div className={styles.picture}>
          <Poster
            src={video.playback?.poster ?? null}
            upright={(video.height ?? 0) > (video.width ?? 0)}
            eager
          />
        </div>
        <VideoStatus video={video} />
        <dl className={styles.facts}>
          <dt>File</dt>
          <dd>{video.source.filename}</dd>
          <dt>Size</dt>
          <dd>{formatBytes(video.source.sizeBytes)}</dd>
          {video.width !== null && (
            <>
              <dt>Picture</dt>
              <dd>
                {video.width} × {video.height}
              </dd>
            </>
          )}
          {video.renditions.length > 0 && (
            <>
              <dt>Qualities</dt>
              <dd>{video.renditions.map((rendition) => rendition.name).join(', ')}</dd>
            </>
          )}
        </dl>
        <Button tone="danger" icon="trash" onClick={() => setDeleting(true)}>
          Delete video
        </Button>
      </aside>
      {deleting && (
        <DeleteVideoDialog
          video={video}
          onOpenChange={setDeleting}
          onDeleted={() => router.push('/studio')}
        />
      )}
    </div>
  )
}
