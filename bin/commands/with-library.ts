import { getConfig } from '#lib/config'
import { closePool } from '#lib/jobs/pool'
import { mountImageIfNeeded } from '#lib/storage/mount-image'
import { withDatabase } from './with-database.ts'

/** Runs the work of a command with the database and the library, whether or not a server is running. */
export async function withLibrary<T>(work: () => Promise<T>): Promise<T> {
  // Or an empty folder under the mount would be taken for the library.
  await mountImageIfNeeded(getConfig().dataPath)
  try {
    return await withDatabase(work)
  } finally {
    await closePool()
  }
}
