'use client'

import type { VideoView } from '#lib/domain/video-view'
import { ButtonLink } from '../controls/button'
import { EmptyState } from '../controls/empty-state'
import { LoadMore } from '../controls/load-more'
import { LoadState } from '../controls/load-state'
import { usePaged } from '../controls/use-paged'
import { useUndone } from './undo-change'
import { VideoRows } from './video-rows'

/** One's own videos in every state. */
export function StudioVideos({ mayUpload }: { mayUpload: boolean }) {
  const { items, error, pending, hasMore, loadMore, reload, replace, remove } = usePaged<VideoView>(
    '/api/videos?mine=1&limit=50',
  )
  useUndone(reload)
  if (items === null)
    return <LoadState data={items} error={error} onRetry={reload} label="Loading your videos" />
  if (items.length === 0) {
    return (
      <EmptyState
        icon="film"
        title="You have no videos yet"
        actions={
          mayUpload && (
            <ButtonLink href="/upload" tone="primary" icon="upload">
              Upload a video
            </ButtonLink>
          )
        }
      >
        {mayUpload
          ? 'What you upload appears here, with where it is on its way, and stays private until you say otherwise.'
          : 'Your account can watch, not upload. Ask an administrator of this server to make you an uploader.'}
      </EmptyState>
    )
  }
  return (
    <>
      <LoadState data={items} error={error} onRetry={reload} label="Loading your videos" />
      <VideoRows videos={items} onChange={replace} onRemove={remove} />
      <LoadMore hasMore={hasMore} pending={pending} onClick={loadMore} />
    </>
  )
}
