import { FileStore } from '@tus/file-store'
import { ERRORS, type KvStore, Upload } from '@tus/utils'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { PeekrError } from '#lib/errors'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { createUpload } from '#lib/upload/create-upload'
import { getUploadContext } from '#lib/upload/upload-context'
import { putOffExpiry } from '#lib/upload/upload-expiry'
import { findStoredBytes, uploadFilePath } from '#lib/upload/upload-files'
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
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'expiration']
  }

  override async create(upload: Upload): Promise<Upload> {
    const context = getUploadContext()
    if (context.planned === null) throw new Error('an upload can only be made by a POST')
    await createUpload(context.planned)
    context.created = true
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
    const { body, interrupt, planned, upload } = getUploadContext()
    const sizeBytes = planned?.sizeBytes ?? upload?.sizeBytes ?? 0
    const path = uploadFilePath(id)
    const newOffset = await writeBody({ source: body, path, offset, sizeBytes, signal: interrupt.signal })
    if (upload !== null) await putOffExpiry(upload)
    return newOffset
  }

  /** Who lost the last answer must still learn that all is there, even when the pipeline has taken the file away. */
  override async getUpload(id: string): Promise<Upload> {
    // The record was read to find the owner. While this request waited for the lock it can only have ended, and then
    // the file says so: complete, or gone. Reading it once more with each chunk would cost a round trip for nothing.
    const known = getUploadContext().upload
    const storedBytes = known?.state === 'open' ? await findStoredBytes(id) : null
    if (known !== null && storedBytes !== null) return toTusUpload(known, storedBytes)
    const record = await UploadModel.findById(id).lean()
    if (record === null) throw ERRORS.FILE_NOT_FOUND
    if (record.state === 'finished' || record.state === 'ingested')
      return toTusUpload(record, record.sizeBytes)
    throw new PeekrError('upload_expired')
  }

  override async remove(id: string): Promise<void> {
    await cancelUpload(id)
  }

  /** Nobody reads a source through tus. */
  override read(): never {
    throw new PeekrError('not_found')
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
