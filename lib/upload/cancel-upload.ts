import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { removeUploadFile } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'

/**
 * Ends an upload that is not finished: its video record goes, then its own, then its bytes; room and quota are free
 * again with the records. A crash in between leaves what the sweep removes. Calling twice is safe.
 * @throws conflict when all bytes had come, since the video is then being made
 */
export async function cancelUpload(uploadId: string): Promise<void> {
  const part = await UploadModel.findOne(
    { _id: uploadId, kind: 'partial', state: 'joined' },
    { _id: 1 },
  ).lean()
  if (part !== null) {
    throw new PeekrError('conflict', {
      message: 'This part belongs to an upload already. To remove it, delete the video.',
    })
  }
  const taken = {
    _id: uploadId,
    kind: 'replacement' as const,
    state: { $in: ['finished' as const, 'ingested' as const] },
  }
  if (await UploadModel.exists(taken).setOptions({ sanitizeFilter: false })) {
    throw new PeekrError('conflict', {
      message:
        'This file has arrived, and its video is being made anew. To take it back, restore what there was.',
    })
  }
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
  await giveUpParts(uploadId)
  await UploadModel.deleteOne({ _id: uploadId })
  await getUploadLeases().forget(uploadId)
  await removeUploadFile(uploadId)
}

/** The parts of a final upload that was not finished end with it. */
async function giveUpParts(finalId: string): Promise<void> {
  const parts = await UploadModel.find({ finalId, state: 'joined' }, { _id: 1 }).lean()
  for (const { _id } of parts) {
    await UploadModel.updateOne({ _id, finalId }, { $set: { state: 'abandoned' } })
    await removeUploadFile(_id)
  }
}
