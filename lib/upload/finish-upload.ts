import { UploadModel } from '#lib/db/models/upload'
import { moveVideo } from '#lib/db/move-video'
import { enqueueJob } from '#lib/jobs/leases'

/**
 * Says that all bytes of an upload are stored: its video goes from `uploading` to `ingesting`, then the upload from
 * `open` to `finished`, each by compare-and-set, and the ingest is queued. Delivered any number of times it
 * happens once; cut in the middle, a sweep finds the upload still open, or the video without its job, and goes on.
 */
export async function finishUpload(uploadId: string): Promise<void> {
  const upload = await UploadModel.findById(uploadId, { videoId: 1 }).lean()
  if (upload === null) return
  const moved = await moveVideo(upload.videoId, 'ingesting')
  await UploadModel.updateOne({ _id: uploadId, state: 'open' }, { $set: { state: 'finished' } })
  if (moved) await enqueueJob('ingest', upload.videoId)
}
