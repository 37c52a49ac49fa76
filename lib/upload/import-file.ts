import type { BigIntStats, PathLike } from 'node:fs'
import { stat } from 'node:fs/promises'
import { getUploadLimits } from '#lib/auth/upload-limits'
import { createId } from '#lib/domain/id'
import { canUpload, type Viewer } from '#lib/domain/permissions'
import type { Visibility } from '#lib/domain/video'
import { PeekrError } from '#lib/errors'
import { bringFileIn } from '#lib/storage/bring-file-in'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { createUpload } from '#lib/upload/create-upload'
import { finishUpload } from '#lib/upload/finish-upload'
import { removeUploadFile, uploadFilePath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { getUploadLocker } from '#lib/upload/upload-locker'
import { requireAllowedSize } from '#lib/upload/upload-policy'

export interface ImportRequest {
  owner: Viewer
  path: string
  filename: string
  title: string
  visibility: Visibility
  /** Told now and then how much has been copied, where bytes must be. */
  onProgress?: (copiedBytes: number, sizeBytes: number) => void
  /** Told once there is an upload, which says from then on what became of it. */
  onCreated?: (uploadId: string) => Promise<void>
}

const PROGRESS_MS = 500

/**
 * Takes a file on this machine in as if `owner` had uploaded it: the same limits, reservation, records and pipeline.
 * The file stays where it is and as it is: its extents are shared (Btrfs), else it gets a second name, else, on another
 * disk, it is copied. Returns the id of its video.
 * @throws forbidden, too_large, quota_exceeded, disk_full, not_found; conflict when the file changes meanwhile
 */
export async function importFile(request: ImportRequest): Promise<string> {
  const { owner, path, filename, title, visibility, onProgress, onCreated } = request
  if (!canUpload(owner)) throw new PeekrError('forbidden')
  const before = await getFileState(path)
  const sizeBytes = Number(before.size)
  const limits = await getUploadLimits(owner.userId)
  requireAllowedSize(limits, sizeBytes)
  const [uploadId, videoId] = [createId(), createId()]
  const metadata = { filename, title, visibility }
  // Held from before it exists: a sweep that finds it without its file would give it up.
  const release = await getUploadLocker().lock(uploadId, () => {})
  const stopProgress = watchCopy(uploadFilePath(uploadId), (bytes) => onProgress?.(bytes, sizeBytes))
  try {
    const planned = { uploadId, videoId, owner, sizeBytes, limits, metadata, metadataHeader: '' }
    await createUpload({ ...planned, isImport: true })
    holdOn(uploadId)
    await onCreated?.(uploadId)
    await bringIn(path, uploadId)
    const after = await getFileState(path)
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
      throw new PeekrError('conflict', {
        message: `${filename} was changed while it was being imported. Import it again once it is complete.`,
      })
    }
  } catch (error) {
    await cancelUpload(uploadId)
    throw error
  } finally {
    stopProgress()
    release()
  }
  await finishUpload(uploadId)
  return videoId
}

/** Until it ends, or a sweep of another process would take a copy that lasts for one that was given up. */
function holdOn(uploadId: string): void {
  const held = getUploadLeases().find(uploadId)
  if (held !== null) held.interrupt = () => {}
}

async function bringIn(from: string, uploadId: string): Promise<void> {
  await removeUploadFile(uploadId) // empty, as every upload begins
  const to = uploadFilePath(uploadId)
  await withStorageErrors(() => bringFileIn({ from, to, ways: ['reflink', 'link', 'copy'] }))
}

async function getFileState(path: PathLike): Promise<BigIntStats> {
  try {
    const state = await stat(path, { bigint: true })
    if (state.isFile()) return state
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error
  }
  throw new PeekrError('not_found', { message: `${String(path)} is no file that can be read.` })
}

/** The copy's size is its progress; where nothing is copied there is none to tell. */
function watchCopy(path: string, onBytes: (copiedBytes: number) => void): () => void {
  const timer = setInterval(() => {
    stat(`${path}.partial`).then(
      ({ size }) => onBytes(size),
      () => {}, // not begun, or over
    )
  }, PROGRESS_MS)
  return () => clearInterval(timer)
}
