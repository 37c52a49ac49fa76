import { type FileHandle, open } from 'node:fs/promises'
import { FileStore } from '@tus/file-store'
import { ERRORS, type KvStore, Upload } from '@tus/utils'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { PeekrError } from '#lib/errors'
import { noteStoredBytes } from '#lib/jobs/stored-bytes'
import { isErrno } from '#lib/storage/to-storage-error'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { createUpload } from '#lib/upload/create-upload'
import { closeFile, type HeldUpload } from '#lib/upload/held-upload'
import { getUploadContext } from '#lib/upload/upload-context'
import { putOffExpiry } from '#lib/upload/upload-expiry'
import { findStoredBytes, markUnverified, uploadFilePath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { writeBody } from '#lib/upload/write-body'

/**
 * @tus/file-store with what it lacks: room is reserved before a file is made, bytes are on disk before they are
 * acknowledged, a full disk is called that, and an upload's state is its record in the database rather than a JSON
 * file written in place next to it. One truth: a cut between the two cannot leave them at odds.
 */
export class UploadStore extends FileStore {
  constructor(directory: string) {
    super({ directory, configstore: recordStore })
    // What is really there. `getExpiration` stays 0: the built-in expiry counts from creation and ours from the last
    // sign of life, so the headers and the sweep are our own.
    this.extensions = [
      'creation',
      'creation-with-upload',
      'termination',
      'expiration',
      'checksum',
      'concatenation',
    ]
  }

  override async create(upload: Upload): Promise<Upload> {
    const context = getUploadContext()
    if (context.planned === null) throw new Error('an upload can only be made by a POST')
    await createUpload(context.planned)
    context.created = true
    const held = await getUploadLeases().hold(context.planned.uploadId)
    if (held !== null) held.interrupt = () => context.interrupt.abort()
    upload.storage = { type: 'file', path: uploadFilePath(upload.id) }
    return upload
  }

  /**
   * Takes the body from the request's context. What @tus/server passes is the same stream behind four more, which
   * halve the throughput; it is given requests without a body, so `drained` has already ended.
   */
  override async write(
    drained: Parameters<FileStore['write']>[0],
    id: string,
    offset: number,
  ): Promise<number> {
    drained.resume()
    const { body, interrupt, planned, upload, checksum } = getUploadContext()
    const leases = getUploadLeases()
    const held = leases.find(id)
    if (held !== null && checksum !== null) await markUnverified(id, held, offset)
    try {
      const newOffset = await writeBody({
        source: body,
        openFile: () => openForWriting(id, held),
        offset,
        sizeBytes: planned?.sizeBytes ?? upload?.sizeBytes ?? 0,
        checksum,
        signal: interrupt.signal,
        requireHeld: () => leases.requireHeld(id),
      })
      if (held !== null && checksum !== null) await markUnverified(id, held, null)
      if (held !== null) held.storedBytes = newOffset
      noteStored(upload, newOffset)
      if (upload !== null) await putOffExpiry(upload)
      return newOffset
    } catch (error) {
      if (held !== null) await closeFile(held) // what it knows of the file may be wrong now
      throw error
    }
  }

  /** Who lost the last answer must still learn that all is there, even when the pipeline has taken the file away. */
  override async getUpload(id: string): Promise<Upload> {
    // The record was read to find the owner. While this request waited for the lease it can only have ended, and then
    // there is none. Reading it once more with each chunk would cost a round trip for nothing.
    const { upload: known, method } = getUploadContext()
    const held = getUploadLeases().find(id)
    if (known !== null && held !== null) {
      if (method !== 'PATCH' || held.storedBytes === null) held.storedBytes = await findStoredBytes(id, held)
      if (held.storedBytes !== null) return toTusUpload(known, held.storedBytes)
    }
    const record = await UploadModel.findById(id).lean()
    if (record === null) throw ERRORS.FILE_NOT_FOUND
    if (record.state === 'open' || record.state === 'abandoned') throw new PeekrError('upload_expired')
    return toTusUpload(record, record.sizeBytes)
  }

  override async remove(id: string): Promise<void> {
    await cancelUpload(id)
  }

  /** Nobody reads a source through tus. */
  override read(): never {
    throw new PeekrError('not_found')
  }
}

/** Only a file that comes in one piece is read while it comes. */
function noteStored(upload: UploadRecord | null, storedBytes: number): void {
  if (upload === null || (upload.kind ?? 'whole') !== 'whole') return
  const { _id: uploadId, videoId, sizeBytes } = upload
  noteStoredBytes({ uploadId, videoId, storedBytes, sizeBytes })
}

async function openForWriting(uploadId: string, held: HeldUpload | null): Promise<FileHandle> {
  if (held?.file) return held.file
  try {
    if (held === null) throw new PeekrError('upload_expired')
    const file = await open(uploadFilePath(uploadId), 'r+')
    held.file = file
    return file
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new PeekrError('upload_expired', { cause: error })
    throw error
  }
}

function toTusUpload({ _id: id, sizeBytes: size, createdAt }: UploadRecord, offset: number): Upload {
  return new Upload({ id, size, offset, creation_date: createdAt.toISOString() })
}

/** FileStore asks for one; with the methods above nothing does any more, and nothing may. */
const recordStore: KvStore = {
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => undefined,
}
