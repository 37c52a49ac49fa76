import { stat } from 'node:fs/promises'
import type { VideoRecord } from '#lib/db/models/video'
import { uploadFilePath } from '#lib/upload/upload-files'

/**
 * The share of a video's file that has arrived, 0 to 1, from the size of the upload on this disk: no write to the
 * database for each piece. 0 where there is no file (yet, any more, or on this machine).
 */
export async function findUploadShare(video: Pick<VideoRecord, 'uploadId' | 'source'>): Promise<number> {
  if (video.source.sizeBytes === 0) return 0
  const file = await stat(uploadFilePath(video.uploadId)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return file === null ? 0 : Math.min(1, file.size / video.source.sizeBytes)
}
