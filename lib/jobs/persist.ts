import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseAway } from '#lib/db/is-database-away'

const PAUSE_MS = 1_000
/** MongoDB's OutOfDiskSpace; the write was refused whole. */
const DISK_FULL = 14_031

/**
 * Makes a write that ends an attempt, again and again while the database is away or its disk is full: hours of work
 * hang on it. The write must be safe to repeat.
 * @param givesUp asked after each failure; at shutdown the lease is left to lapse instead.
 */
export async function persist<T>(write: () => Promise<T>, givesUp: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (givesUp() || !mayPass(error)) throw error
      await sleep(PAUSE_MS)
    }
  }
}

function mayPass(error: unknown): boolean {
  return isDatabaseAway(error) || (error instanceof Error && 'code' in error && error.code === DISK_FULL)
}
