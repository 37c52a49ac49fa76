import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { removeUploadFile } from '#lib/upload/upload-files'

/**
 * Ends an upload that is not finished: its video record goes, then its own, then its bytes; room and quota are free
 * again with the records. A crash in between leaves what the sweep removes. Calling twice is safe.
 * @throws conflict when all bytes had come, since the video is then being made
 */
export async function cancelUpload(uploadId: string): Promise<void> {
  const removed = await VideoModel.deleteOne({ uploadId, state: 'uploading' })
  // Exactly one of this and finishUpload finds the video in `uploading`.
  const video =
    removed.deletedCount === 1 ? null : await VideoModel.findOne({ uploadId, deletedAt: null }).lean()
  if (video !== null && video.state !== 'failed') {
    throw new PeekrError('conflict', {
      message: 'This upload is complete. To remove it, delete the video.',
      details: { uploadId },
    })
  }
  await UploadModel.deleteOne({ _id: uploadId })
  await removeUploadFile(uploadId)
}
