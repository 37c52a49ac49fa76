import { isPeekrError, PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import type { Storage } from '#lib/storage/storage'
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
  const watch: Watch = { leastBytes: Number.POSITIVE_INFINITY }
  const end = beginWatch(library, watch)
  try {
    return await withStorageErrors(work)
  } catch (error) {
    if (isPeekrError(error) && error.code === 'cancelled') throw error
    const leastBytes = Math.min(watch.leastBytes, await library.freeBytes())
    if (leastBytes >= ROOM_BYTES_MIN) throw error
    throw new PeekrError('disk_full', { cause: error, details: { freeBytes: leastBytes } })
  } finally {
    end()
  }
}

interface Watch {
  leastBytes: number
}

/** One look for all that is under way in this process. Returns what ends it. */
function beginWatch(library: Storage, watch: Watch): () => void {
  const shared = singleton('jobs.disk-watch', () => ({
    watches: new Set<Watch>(),
    timer: null as NodeJS.Timeout | null,
  }))
  shared.watches.add(watch)
  shared.timer ??= setInterval(() => {
    lookForAll(library, shared.watches).catch((error: unknown) =>
      getLog('jobs').warn({ err: error }, 'The space left on the disk could not be looked up.'),
    )
  }, LOOK_MS)
  return () => {
    shared.watches.delete(watch)
    if (shared.watches.size > 0 || shared.timer === null) return
    clearInterval(shared.timer)
    shared.timer = null
  }
}

async function lookForAll(library: Storage, watches: Set<Watch>): Promise<void> {
  const freeBytes = await library.freeBytes()
  for (const watch of watches) watch.leastBytes = Math.min(watch.leastBytes, freeBytes)
}
