import { buildBinFilter } from '#lib/db/bin-filters'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import { isId } from '#lib/domain/id'
import { canEdit, canSeeSource, type Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'

/**
 * The record of a video in the bin that `viewer` may bring back or erase: its owner's, or any for an administrator.
 * @throws not_found for everybody else, whatever its visibility was: it is deleted. sign_in_required; forbidden for a
 *   token that may see but not write.
 */
export async function requireBinnedVideo(asked: {
  viewer: Viewer | null
  videoId: string
}): Promise<VideoRecord> {
  const { viewer, videoId } = asked
  if (viewer === null) throw new PeekrError('sign_in_required')
  const video = isId(videoId)
    ? await VideoModel.findOne({ _id: videoId, ...buildBinFilter(await getServerTime()) })
        .setOptions({ sanitizeFilter: false })
        .lean()
    : null
  if (video === null || !(canSeeSource(viewer, video) || canEdit(viewer, video))) {
    throw new PeekrError('not_found', {
      message: 'This video is not in the bin. It was brought back, or its time was up.',
    })
  }
  if (!canEdit(viewer, video)) throw new PeekrError('forbidden')
  return video
}
