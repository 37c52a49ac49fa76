import { VideoModel, type VideoRecord } from '#lib/db/models/video'

export type PublishedVideo = VideoRecord & { revision: NonNullable<VideoRecord['revision']> }

/** A published video that is not deleted; one that only begins to play while it is made for the first time is not. */
export async function findPublished(videoId: string): Promise<PublishedVideo | null> {
  const video = await VideoModel.findOne({
    _id: videoId,
    deletedAt: null,
    publishedAt: { $ne: null },
    revision: { $ne: null },
  })
    .setOptions({ sanitizeFilter: false })
    .lean()
  if (video === null || video.revision === null || video.revision.growing !== undefined) return null
  return { ...video, revision: video.revision }
}
