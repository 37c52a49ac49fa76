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
export function LibraryToolbar({
  q,
  sort,
  shared,
}: {
  q: string
  sort: VideoSort
  /** Whether only what is shared with the viewer is listed; null for a stranger, with whom nothing is. */
  shared: boolean | null
}) {
  return (
    <div className={styles.toolbar}>
      <SearchBox className={styles.search} />
      {shared !== null && (
        <nav className={styles.sorts} aria-label="Which videos">
          <Link
            href={buildHref({ q, sort, shared: !shared })}
            className={styles.sort}
            aria-current={shared ? 'true' : undefined}
            scroll={false}
            prefetch={false}
          >
            Shared with me
          </Link>
        </nav>
      )}
      <nav className={styles.sorts} aria-label="Sort">
        {(Object.keys(SORT_LABELS) as VideoSort[]).map((value) => (
          <Link
            key={value}
            href={buildHref({ q, sort: value, shared: shared ?? false })}
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

function buildHref({ q, sort, shared }: { q: string; sort: VideoSort; shared: boolean }): string {
  const query = new URLSearchParams({
    ...(q && { q }),
    ...(sort !== 'newest' && { sort }),
    ...(shared && { shared: '1' }),
  }).toString()
  return query ? `/?${query}` : '/'
}
