import { listVideos } from '#lib/catalog/list-videos'
import { plural } from '#lib/domain/format'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoSort } from '#lib/domain/video-view'
import { LibraryEmpty } from './library-empty'
import { VideoGrid } from './video-grid'

/** The videos somebody may find, or what to do when there are none. */
export async function LibraryResults({
  viewer,
  q,
  sort,
  shared,
}: {
  viewer: Viewer | null
  q: string
  sort: VideoSort
  shared: boolean
}) {
  const first = await listVideos({ viewer, q, sort, shared, limit: 24 })
  if (first.items.length === 0) return <LibraryEmpty viewer={viewer} q={q} shared={shared} />
  const query = new URLSearchParams({
    sort,
    limit: '24',
    ...(q && { q }),
    ...(shared && { shared: '1' }),
  }).toString()
  return (
    <>
      {q && (
        <p className="visuallyHidden" role="status">
          {plural(first.items.length, 'video')} found{first.nextCursor && ', and more'}
        </p>
      )}
      <VideoGrid key={query} first={first} query={query} nowMs={Date.now()} />
    </>
  )
}
