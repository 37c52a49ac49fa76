import type { Metadata } from 'next'
import { findPageViewer } from '#lib/auth/page-viewer'
import { listVideos } from '#lib/catalog/list-videos'
import { plural } from '#lib/domain/format'
import { VIDEO_SORTS } from '#lib/domain/video-view'
import { LibraryEmpty } from '../../_components/library-empty'
import { LibraryToolbar } from '../../_components/library-toolbar'
import styles from '../../_components/page.module.css'
import { requireSetup } from '../../_components/require-page-viewer'
import { VideoGrid } from '../../_components/video-grid'

type SearchParams = Promise<Record<string, string | string[] | undefined>>

export async function generateMetadata({ searchParams }: { searchParams: SearchParams }): Promise<Metadata> {
  const { q } = parseSearch(await searchParams)
  return { title: q ? `Search: ${q}` : { absolute: 'Peekr' } }
}

export default async function HomePage({ searchParams }: { searchParams: SearchParams }) {
  await requireSetup()
  const { q, sort } = parseSearch(await searchParams)
  const viewer = await findPageViewer()
  const first = await listVideos({ viewer, q, sort, limit: 24 })
  const query = new URLSearchParams({ sort, limit: '24', ...(q && { q }) }).toString()
  const empty = first.items.length === 0
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{q ? `Results for “${q}”` : 'Videos'}</h1>
        {(!empty || q) && <LibraryToolbar q={q} sort={sort} />}
      </header>
      {q && !empty && (
        <p className="visuallyHidden" role="status">
          {plural(first.items.length, 'video')} found{first.nextCursor && ', and more'}
        </p>
      )}
      {empty ? (
        <LibraryEmpty viewer={viewer} q={q} />
      ) : (
        <VideoGrid key={query} first={first} query={query} nowMs={Date.now()} />
      )}
    </div>
  )
}

function parseSearch(params: Awaited<SearchParams>) {
  const q = typeof params.q === 'string' ? params.q.trim().slice(0, 200) : ''
  const sort = VIDEO_SORTS.find((known) => known === params.sort) ?? 'newest'
  return { q, sort }
}
