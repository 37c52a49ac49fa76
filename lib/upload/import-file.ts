import { constants, copyFile, stat } from 'node:fs/promises'
import { createId } from '#lib/domain/id'
import type { Viewer } from '#lib/domain/permissions'
import type { Visibility } from '#lib/domain/video'
import { syncPath } from '#lib/storage/sync-tree'
import { withStorageErrors } from '#lib/storage/to-storage-error'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { createUpload } from '#lib/upload/create-upload'
import { finishUpload } from '#lib/upload/finish-upload'
import { uploadFilePath } from '#lib/upload/upload-files'

/**
 * Takes a file on this machine in as if `owner` had uploaded it: the same reservation, records and pipeline. The file
 * stays where it is; on Btrfs no bytes are copied. Returns the id of its video.
 * @throws quota_exceeded, disk_full
 */
export async function importFile(file: {
  owner: Viewer
  path: string
  filename: string
  title: string
  visibility: Visibility
}): Promise<string> {
  const { owner, path, filename, title, visibility } = file
  const { size: sizeBytes } = await stat(path)
  const planned = {
    uploadId: createId(),
    videoId: createId(),
    owner,
    sizeBytes,
    metadata: { filename, title, visibility },
    metadataHeader: '',
  }
  await createUpload(planned)
  const target = uploadFilePath(planned.uploadId)
  try {
    await withStorageErrors(async () => {
      await copyFile(path, target, constants.COPYFILE_FICLONE)
      await syncPath(target)
    })
  } catch (error) {
    await cancelUpload(planned.uploadId)
    throw error
  }
  await finishUpload(planned.uploadId)
  return planned.videoId
}
