import { isPeekrError, PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { withStorageErrors } from '#lib/storage/to-storage-error'

/** With less than this free, a write of a few megabytes may well have failed. */
const ROOM_BYTES_MIN = 16 * 1024 ** 2

/**
 * Runs work that writes or judges what FFmpeg wrote. FFmpeg's HLS muxer loses what does not fit without a word and exits
 * with 0 (seen with 5.1 on a full Btrfs), which then looks like a bad encode or, worse, like a source whose end is
 * missing, and that one would be removed. So while the disk is full, the disk is to blame for every failure.
 * @throws disk_full, or what `work` threw
 */
export async function withDiskBlamed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await withStorageErrors(work)
  } catch (error) {
    if (isPeekrError(error) && error.code === 'cancelled') throw error
    const freeBytes = await (await getLibrary()).freeBytes()
    if (freeBytes >= ROOM_BYTES_MIN) throw error
    throw new PeekrError('disk_full', { cause: error, details: { freeBytes } })
  }
}
