'use client'

import { formatBytes, formatDuration } from '#lib/domain/format'
import type { SnapshotView } from '#lib/domain/snapshot-view'
import { Button } from '../controls/button'
import { Menu, MenuItem } from '../controls/menu'
import { Poster } from '../video/poster'
import { VISIBILITY_LOOKS } from '../video/visibility'
import styles from './history.module.css'
import { describeReason, describeTime } from './snapshot-words'

/** One state that a video was in. */
export function SnapshotRow({
  snapshot,
  onLook,
  onName,
  onDelete,
}: {
  snapshot: SnapshotView
  onLook: () => void
  onName: () => void
  onDelete: () => void
}) {
  const { video, label, exclusiveBytes, isCurrentRevision } = snapshot
  const when = describeTime(snapshot.createdAt)
  return (
    <li
      className={`${styles.item} ${styles.pictured}`}
      aria-label={`${describeReason(snapshot.reason)}, ${when}`}
    >
      <div className={styles.picture}>
        <Poster src={video?.poster ?? null} upright={false} />
      </div>
      <div className={styles.text}>
        {label !== null && <span className={styles.label}>{label}</span>}
        <p className={styles.when}>
          {describeReason(snapshot.reason)} · <time dateTime={snapshot.createdAt}>{when}</time>
        </p>
        <strong className={styles.title}>{video?.title ?? 'This snapshot cannot be read.'}</strong>
        {video && (
          <p className={styles.facts}>
            <span>{VISIBILITY_LOOKS[video.visibility].label}</span>
            {video.durationSeconds !== null && <span>{formatDuration(video.durationSeconds)}</span>}
            {!isCurrentRevision && <span>another version than the one that plays</span>}
            {exclusiveBytes !== null && (
              <span>alone holds {exclusiveBytes === 0 ? 'nothing' : formatBytes(exclusiveBytes)}</span>
            )}
          </p>
        )}
      </div>
      <div className={styles.actions}>
        {video && (
          <Button icon="undo" onClick={onLook}>
            Look and restore
          </Button>
        )}
        <Menu
          trigger={
            <Button tone="ghost" icon="more" iconOnly>
              {`Actions for the snapshot of ${when}`}
            </Button>
          }
        >
          <MenuItem icon="pencil" onSelect={onName}>
            {label === null ? 'Name it' : 'Change its name'}
          </MenuItem>
          <MenuItem icon="trash" danger onSelect={onDelete}>
            Delete snapshot
          </MenuItem>
        </Menu>
      </div>
    </li>
  )
}
