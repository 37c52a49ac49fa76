'use client'

import Link from 'next/link'
import type { ReactNode } from 'react'
import { formatBytes, plural } from '#lib/domain/format'
import type { JobPage } from '#lib/domain/job-view'
import type { StorageView } from '#lib/domain/storage-view'
import { LoadState } from '../controls/load-state'
import { Notice } from '../controls/notice'
import { useResource } from '../controls/use-resource'
import styles from './admin-overview.module.css'
import { EncoderTrials } from './encoder-trials'
import { JobList } from './job-list'
import { StorageMeter } from './storage-meter'

interface Health {
  status: string
  version?: string
}

/** At a glance: is it well, what is it doing, does it need anything. */
export function AdminOverview() {
  const health = useResource<Health>('/api/health', { everyMs: 10_000 })
  const storage = useResource<StorageView>('/api/admin/storage', { everyMs: 30_000 })
  const running = useResource<JobPage>('/api/jobs?state=running', { everyMs: 2000 })
  const queued = useResource<JobPage>('/api/jobs?state=queued', { everyMs: 5000 })
  const failed = useResource<JobPage>('/api/jobs?state=failed', { everyMs: 10_000 })

  return (
    <div className={styles.overview}>
      {storage.data?.advice && <Notice tone="warn">{storage.data.advice}</Notice>}
      <ul className={styles.tiles}>
        <HealthTile health={health.data} failed={health.error !== null} storage={storage.data} />
        <Tile href="/admin/jobs?state=running" label="Being made">
          {count(running.data)}
        </Tile>
        <Tile href="/admin/jobs?state=queued" label="Waiting">
          {count(queued.data)}
        </Tile>
        <Tile
          href="/admin/jobs?state=failed"
          label="Failed"
          tone={failed.data && failed.data.items.length > 0 ? 'bad' : undefined}
        >
          {count(failed.data)}
        </Tile>
      </ul>
      <section className={styles.panel} aria-labelledby="space">
        <h2 id="space">Space</h2>
        <LoadState
          data={storage.data}
          error={storage.error}
          onRetry={storage.reload}
          label="Loading storage"
        />
        {storage.data && (
          <>
            <StorageMeter storage={storage.data} />
            <p className={styles.dim}>
              {formatBytes(storage.data.freeBytes)} free on{' '}
              {storage.data.driver === 'btrfs' ? 'Btrfs' : 'a plain folder'}
            </p>
          </>
        )}
      </section>
      <section className={styles.panel} aria-labelledby="running">
        <h2 id="running">Happening now</h2>
        <LoadState data={running.data} error={running.error} onRetry={running.reload} label="Loading jobs" />
        {running.data?.items.length === 0 && (
          <p className={styles.dim}>Nothing is being made at the moment.</p>
        )}
        {running.data && running.data.items.length > 0 && (
          <JobList jobs={running.data.items} onChange={running.reload} />
        )}
      </section>
      <section className={styles.panel} aria-labelledby="encoding">
        <h2 id="encoding">Encoding on this machine</h2>
        <EncoderTrials />
      </section>
    </div>
  )
}

/** Well is only what needs nobody: with alerts of the storage it says so, and leads to them. */
function HealthTile({
  health,
  failed,
  storage,
}: {
  health: Health | null
  failed: boolean
  storage: StorageView | null
}) {
  const label = health?.version ? `Server ${health.version}` : 'Server'
  const alertCount = storage?.alerts.length ?? 0
  if (!failed && alertCount > 0) {
    return (
      <Tile href="/admin/storage" label="Storage" tone="bad">
        {plural(alertCount, 'alert')}
      </Tile>
    )
  }
  return (
    <Tile href="/api/health" label={label} tone={failed ? 'bad' : 'good'}>
      {failed ? 'Not well' : health && storage ? 'Well' : '…'}
    </Tile>
  )
}

function Tile({
  href,
  label,
  tone,
  children,
}: {
  href: string
  label: string
  tone?: 'good' | 'bad'
  children: ReactNode
}) {
  return (
    <li>
      <Link href={href} prefetch={false} className={`${styles.tile} ${tone ? styles[tone] : ''}`}>
        <span className={styles.value}>{children}</span>
        <span className={styles.dim}>{label}</span>
      </Link>
    </li>
  )
}

function count(page: JobPage | null): string {
  if (page === null) return '…'
  return page.nextCursor ? `${page.items.length}+` : plural(page.items.length, 'job')
}
