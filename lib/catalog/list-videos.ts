import { buildSearchFilter } from '#lib/catalog/build-search-filter'
import { findVideoPage } from '#lib/catalog/find-video-page'
import { presentVideos } from '#lib/catalog/present-video'
import { buildCursor, parseCursor } from '#lib/catalog/video-cursor'
import { hasScope, type Viewer } from '#lib/domain/permissions'
import type { VideoPage, VideoSort } from '#lib/domain/video-view'

const LIMIT_DEFAULT = 24

export interface ListVideosOptions {
  viewer: Viewer | null
  q?: string
  sort?: VideoSort
  cursor?: string
  /** 1 to 100. */
  limit?: number
  /** Only the viewer's own, in every state and visibility. */
  mine?: boolean
  /** Only what others share with the viewer by name. */
  shared?: boolean
  /** Only the viewer's own that were made of such a file. */
  fingerprint?: string | undefined
  sha256?: string | undefined
}

/**
 * A page of the videos `viewer` may find: public ones, those that name them, and the viewer's own. Unlisted videos of
 * others are not listed, nor those with a password. Others' videos appear once they play.
 * @throws invalid_input for a cursor that is not one of ours.
 */
export async function listVideos(options: ListVideosOptions): Promise<VideoPage> {
  const { viewer, shared = false, fingerprint, sha256 } = options
  const mine = options.mine || fingerprint !== undefined || sha256 !== undefined
  const reader = hasScope(viewer, 'videos:read') ? viewer : null
  const own = reader === null ? [] : [{ ownerId: reader.userId }]
  const named =
    reader === null ? [] : [{ visibility: 'people', playable: true, 'access.people.userId': reader.userId }]
  if ((mine || shared) && reader === null) return { items: [], nextCursor: null }
  const anyones = { visibility: 'public', playable: true }
  const audiences: Record<string, unknown>[] = mine ? own : shared ? named : [anyones, ...named, ...own]
  const file = { ...(fingerprint && { fingerprint }), ...(sha256 && { 'source.sha256': sha256 }) }
  return listPage({ ...options, audiences: audiences.map((audience) => ({ ...audience, ...file })) })
}

/** A page of all videos in every state, for those who administer. The caller has checked that. */
export async function listAllVideos(
  options: ListVideosOptions & { state?: string | undefined },
): Promise<VideoPage> {
  return listPage({ ...options, audiences: [options.state === undefined ? {} : { state: options.state }] })
}

async function listPage(
  options: ListVideosOptions & { audiences: Record<string, unknown>[] },
): Promise<VideoPage> {
  const { viewer, audiences, q = '', sort = 'newest', cursor, limit = LIMIT_DEFAULT } = options
  const records = await findVideoPage({
    audiences,
    conditions: buildSearchFilter(q),
    behind: cursor === undefined ? {} : parseCursor(cursor, sort),
    sort,
    // One more than is shown tells whether there is another page.
    count: limit + 1,
  })
  const items = records.slice(0, limit)
  const last = items.at(-1)
  return {
    items: await presentVideos(items, viewer),
    nextCursor: records.length > limit && last !== undefined ? buildCursor(last, sort) : null,
  }
}
