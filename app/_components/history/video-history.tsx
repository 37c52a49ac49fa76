'use client'

import { useState } from 'react'
import { formatBytes } from '#lib/domain/format'
import type { SnapshotView } from '#lib/domain/snapshot-view'
import type { VideoView } from '#lib/domain/video-view'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { EmptyState } from '../controls/empty-state'
import { LoadState } from '../controls/load-state'
import pageStyles from '../controls/page.module.css'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'
import { useUndone } from '../video/undo-change'
import { useLiveVideo } from '../video/use-live-video'
import styles from './history.module.css'
import { SnapshotDialog } from './snapshot-dialog'
import { SnapshotLabelDialog } from './snapshot-label-dialog'
import { SnapshotRow } from './snapshot-row'
import { VideoProof } from './video-proof'

type Open = { dialog: 'look' | 'name' | 'delete'; snapshot: SnapshotView } | { dialog: 'take' } | null

/** What a video was before each change: to look at, restore, name and delete. */
export function VideoHistory({ video: initial }: { video: VideoView }) {
  const { video } = useLiveVideo(initial)
  const path = `/api/videos/${video.id}/snapshots`
  const [measured, setMeasured] = useState(false)
  const { data, error, reload } = useResource<{ items: SnapshotView[] }>(`${path}?measure=${measured}`)
  const [open, setOpen] = useState<Open>(null)
  useUndone(reload)
  const close = () => setOpen(null)
  const items = data?.items ?? null

  async function remove(snapshot: SnapshotView) {
    await callApi(`${path}/${snapshot.name}`, { method: 'DELETE' })
    showToast('good', 'The snapshot was deleted.')
    reload()
  }

  return (
    <div className={pageStyles.stack}>
      {video.publishedAt !== null && <VideoProof videoId={video.id} onRestored={reload} />}
      <div className={styles.top}>
        <p className={pageStyles.dim}>
          {measured && items
            ? describeSpace(items)
            : 'Older ones go by themselves, after the rules in the settings; one with a name stays.'}
        </p>
        <div className={styles.actions}>
          <Button tone="ghost" icon="disk" disabled={measured} onClick={() => setMeasured(true)}>
            Show space
          </Button>
          <Button
            icon="clock"
            disabled={video.publishedAt === null}
            onClick={() => setOpen({ dialog: 'take' })}
          >
            Keep it as it is now
          </Button>
        </div>
      </div>
      <LoadState data={items} error={error} onRetry={reload} label="Loading the history" />
      {items?.length === 0 && (
        <EmptyState icon="clock" title="There is no history yet">
          It begins when the video is published.
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <ul className={styles.list}>
          {items.map((snapshot) => (
            <SnapshotRow
              key={snapshot.name}
              snapshot={snapshot}
              onLook={() => setOpen({ dialog: 'look', snapshot })}
              onName={() => setOpen({ dialog: 'name', snapshot })}
              onDelete={() => setOpen({ dialog: 'delete', snapshot })}
            />
          ))}
        </ul>
      )}
      {open?.dialog === 'look' && <SnapshotDialog video={video} snapshot={open.snapshot} onClose={close} />}
      {(open?.dialog === 'take' || open?.dialog === 'name') && (
        <SnapshotLabelDialog
          path={path}
          snapshot={open.dialog === 'name' ? open.snapshot : null}
          onClose={close}
          onSaved={reload}
        />
      )}
      {open?.dialog === 'delete' && (
        <ConfirmDialog
          open
          onOpenChange={(stays) => !stays && close()}
          title="Delete this snapshot?"
          confirmLabel="Delete snapshot"
          onConfirm={() => remove(open.snapshot)}
        >
          The video stays as it is, but can no longer be brought back to this. This cannot be undone.
        </ConfirmDialog>
      )}
    </div>
  )
}

function describeSpace(items: SnapshotView[]): string {
  const sizes = items.map(({ exclusiveBytes }) => exclusiveBytes).filter((size) => size !== null)
  if (items.length > 0 && sizes.length === 0) return 'Measuring…'
  const heldBytes = sizes.reduce((sum, size) => sum + size, 0)
  return heldBytes === 0
    ? 'None of these takes up space of its own: what they hold is shared.'
    : `Deleting all of these would free at least ${formatBytes(heldBytes)}.`
}
