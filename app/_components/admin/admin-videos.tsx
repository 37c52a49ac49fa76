'use client'

import { useState } from 'react'
import type { VideoState } from '#lib/domain/video'
import type { VideoView } from '#lib/domain/video-view'
import { EmptyState } from '../controls/empty-state'
import { TextField } from '../controls/field'
import { FilterTabs } from '../controls/filter-tabs'
import { LoadMore } from '../controls/load-more'
import { LoadState } from '../controls/load-state'
import styles from '../controls/page.module.css'
import { useDebounced } from '../controls/use-debounced'
import { usePaged } from '../controls/use-paged'
import { useUndone } from '../video/undo-change'
import { VideoRows } from '../video/video-rows'

const FILTERS: { value: VideoState | ''; label: string }[] = [
  { value: '', label: 'All' },
  { value: 'ready', label: 'Ready' },
  { value: 'transcoding', label: 'Being made' },
  { value: 'uploading', label: 'Uploading' },
  { value: 'failed', label: 'Failed' },
]

/** Everybody's videos, to find, edit and delete. */
export function AdminVideos() {
  const [state, setState] = useState<VideoState | ''>('')
  const [text, setText] = useState('')
  const q = useDebounced(text.trim(), 300)
  const query = new URLSearchParams({ limit: '50', ...(q && { q }), ...(state && { state }) })
  const { items, error, pending, hasMore, loadMore, reload, replace, remove } = usePaged<VideoView>(
    `/api/admin/videos?${query}`,
  )
  useUndone(reload)
  return (
    <div className={styles.stack}>
      <TextField
        label="Find videos"
        type="search"
        value={text}
        maxLength={200}
        onChange={(event) => setText(event.target.value)}
      />
      <FilterTabs label="State" options={FILTERS} value={state} onChange={setState} />
      <LoadState data={items} error={error} onRetry={reload} label="Loading videos" />
      {items?.length === 0 && (
        <EmptyState icon="film" title="No videos here">
          {q || state
            ? 'Nothing matches. Try other words or another state.'
            : 'Nobody has uploaded anything yet.'}
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <VideoRows videos={items} showOwner onChange={replace} onRemove={remove} />
      )}
      <LoadMore hasMore={hasMore} pending={pending} onClick={loadMore} />
    </div>
  )
}
