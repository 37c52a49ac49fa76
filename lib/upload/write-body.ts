import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { PeekrError } from '#lib/errors'
import { isErrno, toStorageError } from '#lib/storage/to-storage-error'
import { type BodyEnding, receiveBody } from '#lib/upload/receive-body'

export interface BodyWrite {
  source: Readable | null
  path: string
  /** Where the file ends now. */
  offset: number
  /** Where it may end at most. */
  sizeBytes: number
  signal: AbortSignal
  idleMs?: number
}

const IDLE_MS = 60_000

/**
 * Appends a request's body to the file at `path` and returns the new length. What it returns is on the disk
 * (fdatasync), so an acknowledged byte survives a power cut. When the body breaks off, what came is kept and synced
 * as well, and the file's length stays the truth; a body longer than the upload leaves the file as it was.
 * @throws too_large, disk_full, locked (another request took over), upload_stalled, upload_expired (no file),
 *   bad_request (the connection broke off; nobody is there to read it)
 */
export async function writeBody(options: BodyWrite): Promise<number> {
  const { source, path, offset, sizeBytes, signal, idleMs = IDLE_MS } = options
  if (source === null) return offset
  const target = new SyncedFile(path, offset)
  try {
    let failure: unknown = null
    const ending = await receiveBody({
      source,
      bytesMax: sizeBytes - offset,
      signal,
      idleMs,
      writeBatch: (buffers) => target.append(buffers),
    }).catch((error: unknown) => {
      failure = error // what was written before it still has to reach the disk
      return null
    })
    if (ending === 'too_long') await target.cutTo(offset)
    await target.sync()
    if (ending === null) throw failure
    if (ending !== 'end') throw endingError(ending)
    return target.position
  } catch (error) {
    throw toUploadError(error)
  } finally {
    await target.close()
  }
}

function endingError(ending: Exclude<BodyEnding, 'end'>): PeekrError {
  if (ending === 'too_long') {
    return new PeekrError('too_large', {
      message: 'More bytes came than the upload was created with. Upload the file again from the start.',
    })
  }
  if (ending === 'stalled') return new PeekrError('upload_stalled')
  if (ending === 'interrupted') {
    return new PeekrError('locked', {
      message: 'Another request for this upload took over. What arrived is kept; resume the upload.',
      details: { retryAfterSeconds: 2 },
    })
  }
  return new PeekrError('bad_request', {
    message: 'The connection broke off. What arrived is kept; resume the upload.',
  })
}

function toUploadError(error: unknown): unknown {
  if (isErrno(error, 'ENOENT')) return new PeekrError('upload_expired', { cause: error })
  return toStorageError(error)
}

/** A file that grows at its end; opened with the first bytes, because a finished upload's file may be gone. */
class SyncedFile {
  readonly #path: string
  readonly #start: number
  #handle: FileHandle | null = null
  position: number

  constructor(path: string, start: number) {
    this.#path = path
    this.#start = start
    this.position = start
  }

  async append(buffers: Buffer[]): Promise<void> {
    this.#handle ??= await open(this.#path, 'r+')
    let rest = buffers
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, this.position)
      this.position += bytesWritten
      // A disk that runs full writes a part; the next call says why.
      rest = dropBytes(rest, bytesWritten)
    }
  }

  async cutTo(length: number): Promise<void> {
    await this.#handle?.truncate(length)
    this.position = length
  }

  /** Delayed allocation can report a full disk only here: then the new bytes are given up, as they are not stored. */
  async sync(): Promise<void> {
    try {
      await this.#handle?.datasync()
    } catch (error) {
      await this.cutTo(this.#start)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

function dropBytes(buffers: Buffer[], count: number): Buffer[] {
  let left = count
  const index = buffers.findIndex((buffer) => {
    if (buffer.length > left) return true
    left -= buffer.length
    return false
  })
  if (index === -1) return []
  const [first, ...others] = buffers.slice(index)
  return first === undefined ? [] : [first.subarray(left), ...others]
}
