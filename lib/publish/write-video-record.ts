import { UserModel } from '#lib/db/models/user'
import type { VideoRecord } from '#lib/db/models/video'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { buildVideoRecord, formatVideoRecord } from '#lib/publish/video-record'

/**
 * Writes `video.json` of a published video, so that the disk alone can tell what the database says of it. One that is
 * not published yet has none. Safe to repeat.
 */
export async function writeVideoRecord(video: VideoRecord): Promise<void> {
  const { revision, publishedAt } = video
  if (revision === null || publishedAt === null) return
  const owner = await UserModel.findById(video.ownerId, { name: 1, email: 1 }).lean()
  const record = buildVideoRecord(
    { ...video, revision, publishedAt },
    { id: video.ownerId, name: owner?.name ?? 'Deleted user', email: owner?.email ?? null },
  )
  await (await getLibrary()).writeVideoFile(video._id, VIDEO_RECORD, formatVideoRecord(record))
}
