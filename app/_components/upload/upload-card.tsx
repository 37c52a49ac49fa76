'use client'

import { useState } from 'react'
import { formatBytes, formatPercent, formatTimeLeft } from '#lib/domain/format'
import { estimateSecondsLeft } from '#lib/domain/transfer-speed'
import { Button } from '../controls/button'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { ProgressBar } from '../controls/progress-bar'
import styles from './upload-card.module.css'
import { UploadCardDetails } from './upload-card-details'
import { UploadCardSame } from './upload-card-same'
import { UploadCardVideo } from './upload-card-video'
import { type UploadItem, uploadFraction } from './upload-item'
import { cancelUpload, forgetUpload, pauseUpload, resumeUpload } from './upload-queue'

/** One upload: how far it is, what can be done about it, its details, and then the video it becomes. */
export function UploadCard({ item }: { item: UploadItem }) {
  const done = item.status === 'uploaded'
  const isSame = item.status === 'same'
  return (
    <li className={styles.card} aria-label={item.filename} data-status={item.status}>
      <div className={styles.head}>
        <div className={styles.file}>
          <p className={styles.name}>{item.filename}</p>
          {item.replaces && <p className={styles.facts}>The new file of a video that you have</p>}
          {!done && <p className={styles.facts}>{describeProgress(item)}</p>}
        </div>
        <Actions item={item} />
      </div>
      {!done && !isSame && (
        <ProgressBar
          value={item.status === 'starting' && item.sentBytes === 0 ? null : uploadFraction(item)}
          label={`Upload of ${item.filename}`}
          tone={item.status === 'waiting' || item.status === 'paused' ? 'warn' : 'accent'}
        />
      )}
      {item.same && <UploadCardSame item={item} same={item.same} />}
      {item.message && (
        <p className={item.status === 'failed' ? styles.failed : styles.waiting} role="status">
          {item.message}
        </p>
      )}
      {done && item.videoId && <UploadCardVideo videoId={item.videoId} title={item.title} />}
      {!item.replaces && !isSame && <UploadCardDetails item={item} />}
    </li>
  )
}

function Actions({ item }: { item: UploadItem }) {
  const { key, status } = item
  const [asking, setAsking] = useState(false)
  if (status === 'uploaded') {
    return (
      <Button tone="ghost" icon="close" iconOnly onClick={() => forgetUpload(key)}>
        Remove from list
      </Button>
    )
  }
  if (status === 'same') {
    return (
      <Button tone="ghost" icon="close" iconOnly onClick={() => cancelUpload(key)}>
        Remove from list
      </Button>
    )
  }
  const stopped = status === 'paused' || status === 'failed' || status === 'waiting'
  return (
    <div className={styles.actions}>
      {stopped ? (
        <Button icon={status === 'failed' ? 'retry' : 'play'} onClick={() => resumeUpload(key)}>
          {status === 'paused' ? 'Resume' : 'Retry'}
        </Button>
      ) : (
        <Button icon="pause" onClick={() => pauseUpload(key)}>
          Pause
        </Button>
      )}
      <Button
        tone="ghost"
        icon="close"
        iconOnly
        onClick={() => (item.sentBytes > 0 ? setAsking(true) : cancelUpload(key))}
      >
        Cancel upload
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Cancel this upload?"
        confirmLabel="Cancel upload"
        onConfirm={() => cancelUpload(key)}
      >
        {formatBytes(item.sentBytes)} of <strong>{item.filename}</strong> have arrived, and are deleted then.
        To go on another time, pause it instead.
      </ConfirmDialog>
    </div>
  )
}

/** `43 % · 1.2 GB of 2.8 GB · 24 MB/s · 2 min left` */
function describeProgress(item: UploadItem): string {
  if (item.status === 'same') return formatBytes(item.sizeBytes)
  if (item.status === 'queued') return `Waiting for its turn · ${formatBytes(item.sizeBytes)}`
  const parts = [
    formatPercent(uploadFraction(item)),
    `${formatBytes(item.sentBytes)} of ${formatBytes(item.sizeBytes)}`,
  ]
  if (item.status === 'paused') parts.push('paused')
  if (item.speed?.bytesPerSecond) parts.push(`${formatBytes(item.speed.bytesPerSecond)}/s`)
  const secondsLeft = item.speed ? estimateSecondsLeft(item.speed, item.sizeBytes) : null
  if (secondsLeft !== null) parts.push(`${formatTimeLeft(secondsLeft)} left`)
  return parts.join(' · ')
}
