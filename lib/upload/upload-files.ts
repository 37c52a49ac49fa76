import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { getConfig } from '#lib/config'
import { UploadModel } from '#lib/db/models/upload'
import { isId } from '#lib/domain/id'
import { UPLOADS_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { syncPath } from '#lib/storage/sync-tree'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import type { HeldUpload } from '#lib/upload/held-upload'

/** The folder of the uploads' files. */
export function uploadsPath(): string {
  return join(getConfig().dataPath, UPLOADS_FOLDER)
}

/** Where the bytes of an upload are. Whether they are there yet, or still, is another question. */
export function uploadFilePath(uploadId: string): string {
  if (!isId(uploadId)) throw new PeekrError('not_found', { details: { uploadId } })
  return join(uploadsPath(), uploadId)
}

/**
 * For the pipeline, once a source is safe in the library: removes the upload's bytes and marks it as ingested. The
 * record stays, so that a client whose last answer was lost is told that all is there. Calling twice is safe.
 */
export async function forgetUpload(uploadId: string): Promise<void> {
  await UploadModel.updateOne({ _id: uploadId }, { $set: { state: 'ingested' } })
  await removeUploadFile(uploadId)
}

/** Makes the empty file of a new upload and puts it and its name on disk. @throws disk_full */
export async function makeUploadFile(uploadId: string): Promise<void> {
  await withStorageErrors(async () => {
    const handle = await open(uploadFilePath(uploadId), 'wx', 0o600)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await syncPath(uploadsPath())
  })
}

/** Twice is safe. */
export async function removeUploadFile(uploadId: string): Promise<void> {
  await withStorageErrors(() => rm(uploadFilePath(uploadId), { force: true }))
}

/**
 * How many bytes of an upload are on this disk, or null when it has no file. They are synced first: after a kill the
 * page cache may hold more than the disk, and whoever is told a number may count on it. For whoever holds the upload:
 * bytes that came with a checksum which nobody compared before a process died are dropped.
 */
export async function findStoredBytes(uploadId: string, held: HeldUpload | null): Promise<number | null> {
  const unverifiedFrom = held?.unverifiedFrom ?? null
  const storedBytes = await withStorageErrors(async () => {
    const handle = await open(uploadFilePath(uploadId), 'r+').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return null
      throw error
    })
    if (handle === null) return null
    try {
      if (unverifiedFrom !== null) await cutFile(handle, unverifiedFrom)
      await handle.datasync()
      return (await handle.stat()).size
    } finally {
      await handle.close()
    }
  })
  if (held !== null && unverifiedFrom !== null) await markUnverified(uploadId, held, null)
  return storedBytes
}

/** Shortens a file; never makes it longer. Not on the disk before the next sync. */
export async function cutFile(handle: FileHandle, sizeBytes: number): Promise<void> {
  if ((await handle.stat()).size > sizeBytes) await handle.truncate(sizeBytes)
}

/** Says from where an upload's bytes are not verified, in its record as well; null: all are. */
export async function markUnverified(uploadId: string, held: HeldUpload, from: number | null): Promise<void> {
  if (from !== null) held.unverifiedFrom = from
  await UploadModel.updateOne({ _id: uploadId, state: 'open' }, { $set: { unverifiedFrom: from } })
  held.unverifiedFrom = from
}
