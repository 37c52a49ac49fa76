import { rebuildLibrary } from '#lib/catalog/rebuild-library'
import { applyVideoRecord } from '#lib/catalog/snapshots/apply-video-record'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { failVideo } from '#lib/db/move-video'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { parseVideoRecord, type StoredVideo } from '#lib/publish/video-record'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { exists } from '#lib/storage/exists'

/**
 * Makes a restored database say what is on the restored disk, which is the truth: a video that was published anew, edited or made
 * between the moments of both is as its folder is; work that was under way can be begun anew. Nobody else may use the
 * database. Returns the videos whose upload is not part of a backup. Twice is safe.
 */
export async function settleRestoredRecords(): Promise<string[]> {
  await VideoLockModel.deleteMany({})
  await BuildModel.deleteMany({})
  const lost: string[] = []
  for await (const video of VideoModel.find({}).lean().cursor()) {
    if (await settleRecord(video)) lost.push(video._id)
  }
  await rebuildLibrary()
  return lost
}

/** Whether its upload is lost. */
async function settleRecord(video: VideoRecord): Promise<boolean> {
  const { _id: videoId, publishedAt } = video
  const library = await getLibrary()
  const text = await library.readVideoFile(videoId, VIDEO_RECORD)
  if (text !== null) {
    await JobModel.deleteMany({ videoId, kind: { $ne: 'delete' } }).setOptions({ sanitizeFilter: false })
    try {
      const stored = parseVideoRecord(text.toString('utf8'))
      await settleSource(video, stored)
      await applyVideoRecord(stored, 'all')
      // Its owner may have made it private between the two moments.
      await refreshVideoRecord(videoId)
    } catch (error) {
      // The restore names it among the damaged; its record stays as it is.
      if (!isPeekrError(error)) throw error
    }
    return false
  }
  if (publishedAt !== null || video.state === 'failed' || video.deletedAt !== null) return false
  const hasSource = await exists(library.sourcePath(videoId))
  await JobModel.deleteMany({ videoId, kind: { $nin: ['delete', 'ingest'] } }).setOptions({
    sanitizeFilter: false,
  })
  if (hasSource) {
    await failVideo(videoId, {
      code: 'worker_lost',
      message: 'The work on this video was cut off by a restore. Retry it.',
    })
    return false
  }
  await JobModel.deleteMany({ videoId })
  await failVideo(videoId, {
    code: 'upload_expired',
    message: 'This upload had not arrived when the backup was made. Upload the file again.',
  })
  return true
}

/**
 * The one original of a backup is that of its `video.json`, whatever file was about to take its place when the database
 * was copied; those it had replaced are not part of a backup, nor are the snapshots that could bring them back.
 */
async function settleSource({ _id, uploadId }: VideoRecord, stored: StoredVideo): Promise<void> {
  const { uploadId: current, source } = stored
  const others = uploadId === current ? {} : { $unset: { fingerprint: 1 } }
  await VideoModel.updateOne(
    { _id },
    { $set: { uploadId: current, source, replacing: null, replaced: [] }, ...others },
  )
}
