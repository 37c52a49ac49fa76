import { formatBytes } from '#lib/domain/format'
import type { StorageView } from '#lib/domain/storage-view'
import styles from './storage-meter.module.css'

/** The disk as one bar: videos, everything else on it, what uploads must leave free, and what is really free. */
export function StorageMeter({ storage }: { storage: StorageView }) {
  const { totalBytes, freeBytes, reserveBytes } = storage
  const usedBytes = Math.max(0, totalBytes - freeBytes)
  const videosBytes = Math.min(storage.usedByVideosBytes, usedBytes)
  const parts = [
    { name: 'Videos', sizeBytes: videosBytes, look: styles.videos },
    { name: 'Other files', sizeBytes: usedBytes - videosBytes, look: styles.others },
    { name: 'Kept free', sizeBytes: Math.min(reserveBytes, freeBytes), look: styles.reserve },
    { name: 'Free for uploads', sizeBytes: Math.max(0, freeBytes - reserveBytes), look: styles.free },
  ]
  return (
    <div className={styles.meter}>
      <div className={styles.bar} aria-hidden="true">
        {parts.map((part) => (
          <span
            key={part.name}
            className={part.look}
            style={{ flexGrow: part.sizeBytes / Math.max(1, totalBytes) }}
          />
        ))}
      </div>
      <dl className={styles.legend}>
        {parts.map((part) => (
          <div key={part.name}>
            <dt>
              <span className={`${styles.dot} ${part.look}`} aria-hidden="true" />
              {part.name}
            </dt>
            <dd>{formatBytes(part.sizeBytes)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
