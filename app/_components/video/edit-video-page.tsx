'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { AccessView } from '#lib/domain/access-view'
import { formatBytes } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { AccessLinks } from '../access/access-links'
import { Button, ButtonLink } from '../controls/button'
import { LoadState } from '../controls/load-state'
import { useResource } from '../controls/use-resource'
import { DeleteVideoDialog } from './delete-video-dialog'
import { EditVideoForm } from './edit-video-form'
import styles from './edit-video-page.module.css'
import { Poster } from './poster'
import { reencodeVideo } from './reencode-video'
import { ReplaceFile } from './replace-file'
import { useLiveVideo } from './use-live-video'
import { VideoStatus } from './video-status'

/** The page for one video of one's own: the form, what is known of the file, and deletion. */
export function EditVideoPage({ video: initial, userId }: { video: VideoView; userId: string }) {
  const router = useRouter()
  const { video, setVideo } = useLiveVideo(initial)
  const [deleting, setDeleting] = useState(false)
  const access = useResource<AccessView>(`/api/videos/${initial.id}/access`)
  const [encoding, setEncoding] = useState(false)

  async function reencode() {
    setEncoding(true)
    const changed = await reencodeVideo(video.id)
    if (changed !== null) setVideo(changed)
    setEncoding(false)
  }

  return (
    <div className={styles.columns}>
      <div className={styles.main}>
        <section className={styles.panel} aria-label="Details">
          <EditVideoForm video={initial} onSaved={() => router.push(`/watch/${video.id}`)} />
        </section>
        <section className={styles.panel} aria-labelledby="links">
          <h2 id="links">Links</h2>
          <p className={styles.explanation}>
            A link opens this video to whoever has it, without an account and whatever is chosen above, until
            it ends or you revoke it.
          </p>
          <LoadState data={access.data} error={access.error} onRetry={access.reload} label="Loading links" />
          {access.data && (
            <AccessLinks
              videoId={video.id}
              links={access.data.links}
              onChange={(links) => access.setData((before) => before && { ...before, links })}
            />
          )}
        </section>
        <ReplaceFile video={video} userId={userId} onChange={setVideo} />
      </div>
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
          {video.tracks.sounds.length > 1 && (
            <>
              <dt>Languages</dt>
              <dd>{video.tracks.sounds.map(({ label }) => label).join(', ')}</dd>
            </>
          )}
          {video.playback && video.playback.captions.length > 0 && (
            <>
              <dt>Subtitles</dt>
              <dd>{video.playback.captions.map(({ label }) => label).join(', ')}</dd>
            </>
          )}
          {video.tracks.leftOut.length > 0 && (
            <>
              <dt>Left out</dt>
              <dd>{video.tracks.leftOut.join(' ')}</dd>
            </>
          )}
        </dl>
        {video.state === 'ready' && (
          <Button icon="spark" pending={encoding} onClick={reencode}>
            Encode anew
          </Button>
        )}
        <ButtonLink href={`/studio/${video.id}/history`} icon="clock">
          History
        </ButtonLink>
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
