'use client'

import { formatAge } from '#lib/domain/format'
import type { StorageEventView } from '#lib/domain/storage-event'
import { LoadState } from '../controls/load-state'
import { useResource } from '../controls/use-resource'
import styles from './admin-storage.module.css'

/** What happened to the storage, newest first. */
export function StorageEvents() {
  const { data, error, reload } = useResource<{ items: StorageEventView[] }>('/api/admin/storage/events', {
    everyMs: 15_000,
  })
  return (
    <section className={styles.panel} aria-labelledby="events">
      <h2 id="events">What happened</h2>
      <LoadState data={data} error={error} onRetry={reload} label="Loading what happened" />
      {data?.items.length === 0 && (
        <p>Nothing yet. Damage, repairs, errors of disks and scrubs are listed here.</p>
      )}
      {data && data.items.length > 0 && (
        <ul className={styles.list}>
          {data.items.map(({ id, at, sentence }) => (
            <li key={id}>
              <time dateTime={at} className={styles.dim}>
                {formatAge(at, Date.now())}
              </time>{' '}
              {sentence}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
