import type { FileHandle } from 'node:fs/promises'
import type { UploadRecord } from '#lib/db/models/upload'
import type { Viewer } from '#lib/domain/permissions'

/** What this process knows of an upload while the lease is its own, so that nobody else can have changed it. */
export interface HeldUpload {
  /** Asks whoever writes now to stop, because another process wants the upload. null while nobody writes. */
  interrupt: (() => void) | null
  /** The upload's file, kept open from one chunk to the next. */
  file: FileHandle | null
  /** How much of it is known to be on the disk; null when that must be looked up. */
  storedBytes: number | null
  /** From where its bytes came with a checksum nobody has compared yet; null: all are as they should be. */
  unverifiedFrom: number | null
  /** The last request that was let in, so that the next chunk of the same client need not ask the database. */
  admitted: { credentials: string; viewer: Viewer; record: UploadRecord; atMs: number } | null
  usedAtMs: number
  confirmedAtMs: number
}

/** Closes the file kept open, and forgets what was known of it. Twice is safe. */
export async function closeFile(entry: HeldUpload): Promise<void> {
  const { file } = entry
  entry.file = null
  entry.storedBytes = null
  await file?.close()
}
