import Link from 'next/link'
import type { VideoSort } from '#lib/domain/video-view'
import { SearchBox } from '../shell/search-box'
import styles from './library-toolbar.module.css'

const SORT_LABELS: Record<VideoSort, string> = {
  newest: 'Newest',
  oldest: 'Oldest',
  title: 'A to Z',
  longest: 'Longest',
}

/** Search (on narrow screens, where the header has no room for it) and sort. Works without scripts. */
export function LibraryToolbar({ q, sort }: { q: string; sort: VideoSort }) {
  return (
    <div className={styles.toolbar}>
      <SearchBox className={styles.search} />
      <nav className={styles.sorts} aria-label="Sort">
        {(Object.keys(SORT_LABELS) as VideoSort[]).map((value) => (
          <Link
            key={value}
            href={buildHref(q, value)}
            className={styles.sort}
            aria-current={value === sort ? 'true' : undefined}
            scroll={false}
            prefetch={false}
          >
            {SORT_LABELS[value]}
          </Link>
        ))}
      </nav>
    </div>
  )
}

function buildHref(q: string, sort: VideoSort): string {
  const query = new URLSearchParams({ ...(q && { q }), ...(sort !== 'newest' && { sort }) }).toString()
  return query ? `/?${query}` : '/'
}
