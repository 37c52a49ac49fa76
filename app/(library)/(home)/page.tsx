import type { Metadata } from 'next'
import { Suspense } from 'react'
import { findPageViewer } from '#lib/auth/page-viewer'
import { requireSetup } from '../../_components/account/require-page-viewer'
import styles from '../../_components/controls/page.module.css'
import { LibraryResults } from '../../_components/video/library-results'
import { LibraryToolbar } from '../../_components/video/library-toolbar'
import { parseLibrarySearch } from '../../_components/video/parse-library-search'
import { VideoGridSkeleton } from '../../_components/video/video-grid-skeleton'

type SearchParams = Promise<Record<string, string | string[] | undefined>>

export async function generateMetadata({ searchParams }: { searchParams: SearchParams }): Promise<Metadata> {
  const { q, shared } = parseLibrarySearch(await searchParams)
  return { title: q ? `Search: ${q}` : shared ? 'Shared with me' : { absolute: 'Peekr' } }
}

/** Not with a `loading.tsx`: that would send the first bytes, and with them a 200, before the redirect to setup. */
export default async function HomePage({ searchParams }: { searchParams: SearchParams }) {
  await requireSetup()
  const { q, sort, shared: asksForShared } = parseLibrarySearch(await searchParams)
  const viewer = await findPageViewer()
  const shared = asksForShared && viewer !== null
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{q ? `Results for “${q}”` : shared ? 'Shared with me' : 'Videos'}</h1>
        <LibraryToolbar q={q} sort={sort} shared={viewer === null ? null : shared} />
      </header>
      <Suspense key={`${sort} ${shared} ${q}`} fallback={<VideoGridSkeleton />}>
        <LibraryResults viewer={viewer} q={q} sort={sort} shared={shared} />
      </Suspense>
    </div>
  )
}
