'use client'

import { formatBytes } from '#lib/domain/format'
import type { StorageView } from '#lib/domain/storage-view'
import { LoadState } from '../controls/load-state'
import { Notice } from '../controls/notice'
import { useResource } from '../controls/use-resource'
import { AdminImports } from './admin-imports'
import styles from './admin-storage.module.css'
import { StorageEvents } from './storage-events'
import { StorageHealthPanel } from './storage-health'
import { StorageMeter } from './storage-meter'
import { StorageProofs } from './storage-proofs'

const DRIVERS: Record<StorageView['driver'], { name: string; sentence: string }> = {
  btrfs: {
    name: 'Btrfs',
    sentence:
      'Every video is a subvolume of its own, with a read-only snapshot after publishing; the file system checks every block it reads, and uploads are taken in without copying.',
  },
  directory: {
    name: 'A plain folder',
    sentence:
      'Everything works on any disk. Missing without Btrfs: checksums on every block, repair from a mirror, and snapshots that cost nothing.',
  },
}

/** Where the library lives, how full that is, and what the kind of disk gives or lacks. */
export function AdminStorage() {
  const { data, setData, error, reload } = useResource<StorageView>('/api/admin/storage', { everyMs: 15_000 })
  return (
    <div className={styles.storage}>
      <LoadState data={data} error={error} onRetry={reload} label="Loading storage" />
      {data?.advice && <Notice tone="warn">{data.advice}</Notice>}
      {data && (
        <>
          <section className={styles.panel} aria-labelledby="space">
            <h2 id="space">
              {formatBytes(data.freeBytes)} free of {formatBytes(data.totalBytes)}
            </h2>
            <StorageMeter storage={data} />
          </section>
          <AdminImports />
          <section className={styles.panel} aria-labelledby="driver">
            <h2 id="driver">{DRIVERS[data.driver].name}</h2>
            <p>{DRIVERS[data.driver].sentence}</p>
            <dl className={styles.facts}>
              <dt>Folder</dt>
              <dd>
                <code>{data.path}</code>
              </dd>
              <dt>Kept free</dt>
              <dd>
                {data.reserveBytes > 0
                  ? `${formatBytes(data.reserveBytes)}: uploads are refused before the disk is full.`
                  : 'Nothing: uploads may fill the disk. PEEKR_RESERVE keeps some of it free.'}
              </dd>
              {data.lowWaterBytes > 0 && (
                <>
                  <dt>Low water</dt>
                  <dd>{formatBytes(data.lowWaterBytes)}: with less free, encodes wait as well.</dd>
                </>
              )}
            </dl>
          </section>
          {data.health && <StorageHealthPanel health={data.health} onChange={setData} />}
          <StorageProofs proofs={data.proofs} onAsked={reload} />
          <StorageEvents />
        </>
      )}
    </div>
  )
}
