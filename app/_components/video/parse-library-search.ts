import { VIDEO_SORTS, type VideoSort } from '#lib/domain/video-view'

/** What the home page's address asks for; anything that is not understood counts as not asked. */
export function parseLibrarySearch(params: Record<string, string | string[] | undefined>): {
  q: string
  sort: VideoSort
  /** Only what others share with whoever asks. */
  shared: boolean
} {
  const q = typeof params.q === 'string' ? params.q.trim().slice(0, 200) : ''
  return {
    q,
    sort: VIDEO_SORTS.find((known) => known === params.sort) ?? 'newest',
    shared: params.shared === '1',
  }
}
