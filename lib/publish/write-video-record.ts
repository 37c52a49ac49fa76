import { UserModel } from '#lib/db/models/user'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
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

const ROUNDS_MAX = 5

/**
 * Writes `video.json` as the database has the video now, and again if that changed while writing: of two edits at
 * once, whichever file lands last is then the newer one. A video that is gone has none; one in the
 * bin has. Safe to repeat.
 */
export async function refreshVideoRecord(videoId: string): Promise<void> {
  let written: VideoRecord | null = null
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const video = await VideoModel.findOne({
      _id: videoId,
      $or: [{ deletedAt: null }, { eraseAt: { $gt: new Date() } }],
    })
      .setOptions({ sanitizeFilter: false })
      .lean()
    if (video === null || video.updatedAt.getTime() === written?.updatedAt.getTime()) return
    await writeVideoRecord(video)
    written = video
  }
}
