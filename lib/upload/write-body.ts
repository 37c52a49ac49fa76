import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { PeekrError } from '#lib/errors'
import { toStorageError } from '#lib/storage/to-storage-error'
import type { Checksum } from '#lib/upload/parse-checksum'
import { type BodyEnding, receiveBody } from '#lib/upload/receive-body'
import { cutFile } from '#lib/upload/upload-files'

export interface BodyWrite {
  source: Readable | null
  /** Called with the first bytes, because a finished upload's file may be gone. Who calls closes it. */
  openFile: () => Promise<FileHandle>
  /** Where the file ends now. */
  offset: number
  /** Where it may end at most. */
  sizeBytes: number
  /** What the whole body must amount to, or nothing of it is kept. */
  checksum: Checksum | null
  signal: AbortSignal
  /** Asked before each write; throws when the file is no longer this process's to write. */
  requireHeld: () => void
  idleMs?: number
}

const IDLE_MS = 60_000

/**
 * Appends a request's body to the file and returns the new length. What it returns is on the disk
 * (fdatasync), so an acknowledged byte survives a power cut. When the body breaks off, what came is kept and synced
 * as well, and the file's length stays the truth; a body longer than the upload, or one that cannot be compared with
 * its checksum, leaves the file as it was.
 * @throws too_large, disk_full, locked (another request took over), upload_stalled, checksum_mismatch,
 *   bad_request (the connection broke off; nobody is there to read it)
 */
export async function writeBody(options: BodyWrite): Promise<number> {
  const { source, openFile, offset, sizeBytes, checksum, signal, requireHeld, idleMs = IDLE_MS } = options
  if (source === null) return offset
  const hash = checksum === null ? null : createHash(checksum.algorithm)
  let file: FileHandle | null = null
  let position = offset
  let failure: unknown = null
  const writeBatch = async (buffers: Buffer[]) => {
    requireHeld()
    file ??= await openFile()
    if (hash !== null) for (const buffer of buffers) hash.update(buffer)
    for (let rest = buffers; rest.length > 0; ) {
      const { bytesWritten } = await file.writev(rest, position)
      position += bytesWritten
      // A disk that runs full writes a part; the next call says why.
      rest = dropBytes(rest, bytesWritten)
    }
    for (const buffer of buffers) freeBuffer(buffer)
  }
  const bytesMax = sizeBytes - offset
  try {
    const ending = await receiveBody({ source, bytesMax, signal, idleMs, writeBatch }).catch(
      (error: unknown) => {
        failure = error // what was written before it still has to reach the disk
        return null
      },
    )
    const isVerified = checksum === null || (ending === 'end' && hash?.digest('base64') === checksum.value)
    if (file !== null) {
      requireHeld()
      if (ending === 'too_long' || !isVerified) await cutFile(file, offset)
      await syncOrGiveUp(file, offset)
    }
    if (failure !== null) throw failure
    if (ending !== 'end') throw endingError(ending ?? 'broken')
    if (!isVerified) throw new PeekrError('checksum_mismatch')
    return position
  } catch (error) {
    throw toStorageError(error)
  }
}

/**
 * Gives the memory of a piece of a body back at once, since nobody looks at it again. Left to the garbage collector,
 * the 64 KiB pieces of a fast upload make it run every 64 MB, for a third of all the time (measured); detached, they
 * are gone without it (ECMAScript 2024, ArrayBuffer.prototype.transfer).
 */
function freeBuffer({ buffer, byteOffset, byteLength }: Buffer): void {
  if (byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer)
    buffer.transfer(0)
}

/** Delayed allocation can report a full disk only here: then the new bytes are given up, as they are not stored. */
async function syncOrGiveUp(file: FileHandle, offset: number): Promise<void> {
  try {
    await file.datasync()
  } catch (error) {
    await cutFile(file, offset)
    throw error
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
