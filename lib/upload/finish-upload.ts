import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { moveVideo } from '#lib/db/move-video'
import { forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import { enqueueJob } from '#lib/jobs/leases'
import { getLog } from '#lib/log'
import { computeFingerprint } from '#lib/upload/fingerprint'
import { uploadFilePath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'

/**
 * Says that all bytes of an upload are stored: its video goes from `uploading` to `ingesting`, then the upload from
 * `open` to `finished`, each by compare-and-set, and the ingest is queued. Delivered any number of times it
 * happens once; cut in the middle, a sweep finds the upload still open, or the video without its job, and goes on.
 * Only from `uploading`: a video that failed meanwhile is not begun again by an event that came late.
 */
export async function finishUpload(uploadId: string): Promise<void> {
  const upload = await UploadModel.findOne({ _id: uploadId, state: 'open' }).lean()
  if (upload === null || upload.kind === 'partial') return
  if (upload.kind === 'replacement') return finishReplacement(upload)
  const { videoId } = upload
  const moved = await VideoModel.updateOne(
    { _id: videoId, state: 'uploading', deletedAt: null },
    { $set: { state: 'ingesting', ...(await readFingerprint(uploadId)) } },
  )
  await markFinished(uploadId)
  if (moved.modifiedCount === 1) await enqueueJob('ingest', videoId)
}

/**
 * Hands a new file over to its video, which goes on playing what it plays. A video that is at work, with another new file
 * perhaps, gets it when that is over: the upload stays open, and the sweep comes back. The last to arrive is what stays.
 */
async function finishReplacement({
  _id: uploadId,
  replaces,
  filename,
  sizeBytes,
}: UploadRecord): Promise<void> {
  if (!replaces) return
  const isHandedOver = { _id: replaces, 'replacing.uploadId': uploadId }
  if ((await VideoModel.exists(isHandedOver)) === null) {
    const video = await VideoModel.exists({ _id: replaces, state: 'ready', deletedAt: null })
    if (video === null) return
    await forgetEndedJobs(replaces, ['replace'])
    const source = { filename, sizeBytes, sha256: null }
    const replacing = { uploadId, isBegun: false, source, ...(await readFingerprint(uploadId)) }
    if (!(await moveVideo(replaces, 'ingesting', { replacing, progress: 0 }, ['ready']))) return
  }
  await markFinished(uploadId)
  await enqueueJob('replace', replaces)
}

async function markFinished(uploadId: string): Promise<void> {
  const finished = { state: 'finished' as const, lease: null, leaseWanted: false }
  await UploadModel.updateOne({ _id: uploadId, state: 'open' }, { $set: finished })
  await getUploadLeases().forget(uploadId)
}

/** Only a help for finding the same file again: a file that cannot be read now is the ingest's to complain about. */
async function readFingerprint(uploadId: string): Promise<{ fingerprint?: string }> {
  try {
    return { fingerprint: await computeFingerprint(uploadFilePath(uploadId)) }
  } catch (error) {
    getLog('upload').debug({ err: error, uploadId }, 'This upload has no file to make a fingerprint of.')
    return {}
  }
}

/**
 * The same while a client waits for its answer. That its bytes are stored is all it asked, and true; a video that
 * could not be moved on, because the database went away just now, is for the sweep.
 */
export async function finishUploadOrLeave(uploadId: string): Promise<void> {
  try {
    await finishUpload(uploadId)
  } catch (error) {
    getLog('upload').warn({ err: error, uploadId }, 'Finishing an upload is left to the sweep.')
  }
}
