import { isPeekrError, PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { withStorageErrors } from '#lib/storage/to-storage-error'

/** With less than this free, a write of a few megabytes may well have failed. */
const ROOM_BYTES_MIN = 16 * 1024 ** 2
const LOOK_MS = 250

/**
 * Runs work that writes or judges what FFmpeg wrote. FFmpeg's HLS muxer loses what does not fit without a word and exits
 * with 0 (seen with 5.1 on a full Btrfs), which then looks like a bad encode or, worse, like a source whose end is
 * missing, and that one would be removed. So when the disk was full at any time meanwhile, it is to blame for every
 * failure, also when somebody has made space by the time the work ends.
 * @throws disk_full, or what `work` threw
 */
export async function withDiskBlamed<T>(work: () => Promise<T>): Promise<T> {
  const library = await getLibrary()
  let leastBytes = Number.POSITIVE_INFINITY
  const look = async () => {
    leastBytes = Math.min(leastBytes, await library.freeBytes())
  }
  const looking = setInterval(() => {
    look().catch((error: unknown) =>
      getLog('jobs').warn({ err: error }, 'The space left on the disk could not be looked up.'),
    )
  }, LOOK_MS)
  try {
    return await withStorageErrors(work)
  } catch (error) {
    if (isPeekrError(error) && error.code === 'cancelled') throw error
    await look()
    if (leastBytes >= ROOM_BYTES_MIN) throw error
    throw new PeekrError('disk_full', { cause: error, details: { freeBytes: leastBytes } })
  } finally {
    clearInterval(looking)
  }
}
