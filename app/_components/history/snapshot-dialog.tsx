'use client'

import { useState } from 'react'
import type { SnapshotView } from '#lib/domain/snapshot-view'
import type { VideoView } from '#lib/domain/video-view'
import { widensWatching } from '#lib/domain/widens-watching'
import { errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { Modal } from '../controls/modal'
import { Notice } from '../controls/notice'
import { Poster } from '../video/poster'
import { restoreVideo } from '../video/undo-change'
import { VISIBILITY_LOOKS } from '../video/visibility'
import styles from './history.module.css'
import { describeReason, describeTime } from './snapshot-words'

/**
 * What a video was in a snapshot, and both ways back to it. Says so when that changes who may watch; more people than now
 * are let in only when that is asked for.
 */
export function SnapshotDialog({
  video: now,
  snapshot,
  onClose,
}: {
  video: VideoView
  snapshot: SnapshotView
  onClose: () => void
}) {
  const [pending, setPending] = useState<'details' | 'all' | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [widens, setWidens] = useState(false)
  const then = snapshot.video
  if (then === null) return null

  async function restore(what: 'details' | 'all') {
    setPending(what)
    setError(null)
    try {
      await restoreVideo(now.id, snapshot.name, what, widens ? now.visibility : null)
      onClose()
    } catch (caught) {
      setError(errorSentence(caught))
      setPending(null)
    }
  }

  const before = VISIBILITY_LOOKS[then.visibility].label
  const present = VISIBILITY_LOOKS[now.visibility].label
  return (
    <Modal
      open
      onOpenChange={(open) => !open && onClose()}
      title={snapshot.label ?? describeReason(snapshot.reason)}
      description={describeTime(snapshot.createdAt)}
    >
      {error && <Notice tone="bad">{error}</Notice>}
      <div className={styles.picture}>
        <Poster src={then.poster} upright={false} />
      </div>
      <dl className={styles.details}>
        <dt>Title</dt>
        <dd>{then.title}</dd>
        <dt>Description</dt>
        <dd>{then.description || '—'}</dd>
        <dt>Tags</dt>
        <dd>{then.tags.join(', ') || '—'}</dd>
        <dt>Visibility</dt>
        <dd>{before}</dd>
        <dt>Qualities</dt>
        <dd>{then.renditions.join(', ') || '—'}</dd>
      </dl>
      {widensWatching(now.visibility, then.visibility) ? (
        <Notice tone="warn">
          Who may watch stays as it is now ({present.toLowerCase()}).
          <label className={styles.widen}>
            <input type="checkbox" checked={widens} onChange={(event) => setWidens(event.target.checked)} />
            Make it {before.toLowerCase()} again
          </label>
        </Notice>
      ) : (
        then.visibility !== now.visibility && (
          <Notice tone="warn">
            Restoring changes who may watch: from {present.toLowerCase()} to {before.toLowerCase()}.
          </Notice>
        )
      )}
      <div className={styles.buttons}>
        <Button
          pending={pending === 'details'}
          disabled={pending !== null}
          onClick={() => restore('details')}
        >
          Restore details
        </Button>
        <Button
          tone="primary"
          icon="undo"
          pending={pending === 'all'}
          disabled={pending !== null}
          onClick={() => restore('all')}
        >
          Restore everything
        </Button>
      </div>
    </Modal>
  )
}
