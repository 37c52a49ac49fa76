'use client'

import { useSearchParams } from 'next/navigation'
import { useState } from 'react'
import type { JobView } from '#lib/domain/job-view'
import { EmptyState } from '../controls/empty-state'
import { FilterTabs } from '../controls/filter-tabs'
import { LoadMore } from '../controls/load-more'
import { LoadState } from '../controls/load-state'
import styles from '../controls/page.module.css'
import { usePaged } from '../controls/use-paged'
import { JobList } from './job-list'
import { QueueSwitch } from './queue-switch'

const FILTERS = [
  { value: '', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'queued', label: 'Waiting' },
  { value: 'failed', label: 'Failed' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'done', label: 'Done' },
] as const
type Filter = (typeof FILTERS)[number]['value']

/** What the server does for videos, live. */
export function AdminJobs() {
  const asked = useSearchParams().get('state') ?? ''
  const [state, setState] = useState<Filter>(FILTERS.find(({ value }) => value === asked)?.value ?? '')
  const query = new URLSearchParams({ limit: '50', ...(state && { state }) })
  const { items, error, pending, hasMore, loadMore, reload } = usePaged<JobView>(`/api/jobs?${query}`, {
    everyMs: 2000,
  })
  return (
    <div className={styles.stack}>
      <QueueSwitch />
      <FilterTabs label="State" options={FILTERS} value={state} onChange={setState} />
      <LoadState data={items} error={error} onRetry={reload} label="Loading jobs" />
      {items?.length === 0 && (
        <EmptyState icon="clock" title="No jobs here">
          Jobs appear with every upload: checking the file, making it playable, publishing.
        </EmptyState>
      )}
      {items && items.length > 0 && <JobList jobs={items} onChange={reload} />}
      <LoadMore hasMore={hasMore} pending={pending} onClick={loadMore} />
    </div>
  )
}
