import type { Metadata } from 'next'
import { Suspense } from 'react'
import { findPageViewer } from '#lib/auth/page-viewer'
import { LibraryResults } from '../../_components/library-results'
import { LibraryToolbar } from '../../_components/library-toolbar'
import styles from '../../_components/page.module.css'
import { parseLibrarySearch } from '../../_components/parse-library-search'
import { requireSetup } from '../../_components/require-page-viewer'
import { VideoGridSkeleton } from '../../_components/video-grid-skeleton'

type SearchParams = Promise<Record<string, string | string[] | undefined>>

export async function generateMetadata({ searchParams }: { searchParams: SearchParams }): Promise<Metadata> {
  const { q } = parseLibrarySearch(await searchParams)
  return { title: q ? `Search: ${q}` : { absolute: 'Peekr' } }
}

/** Not with a `loading.tsx`: that would send the first bytes, and with them a 200, before the redirect to setup. */
export default async function HomePage({ searchParams }: { searchParams: SearchParams }) {
  await requireSetup()
  const { q, sort } = parseLibrarySearch(await searchParams)
  const viewer = await findPageViewer()
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{q ? `Results for “${q}”` : 'Videos'}</h1>
        <LibraryToolbar q={q} sort={sort} />
      </header>
      <Suspense key={`${sort} ${q}`} fallback={<VideoGridSkeleton />}>
        <LibraryResults viewer={viewer} q={q} sort={sort} />
      </Suspense>
    </div>
  )
}
