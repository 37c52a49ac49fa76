import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Filesystems merge fsyncs that are under way together into one commit; beyond this the gain is gone. */
const PARALLEL_MAX = 16

/**
 * Puts a folder with everything in it on disk: files first, then folders from the leaves up, the folder itself last.
 * Calling twice is safe.
 */
export async function syncTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  for (let start = 0; start < files.length; start += PARALLEL_MAX) {
    const batch = files.slice(start, start + PARALLEL_MAX)
    await Promise.all(batch.map((entry) => syncPath(join(path, entry.name))))
  }
  for (const entry of entries) if (entry.isDirectory()) await syncTree(join(path, entry.name))
  await syncPath(path)
}

/** fsync of one file or folder. A folder's fsync makes the names in it last (fsync(2), NOTES). */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
