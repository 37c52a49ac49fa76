import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '#lib/storage/exists'
import { syncPath } from '#lib/storage/sync-tree'
import { isErrno } from '#lib/storage/to-storage-error'

/** Names in a folder; none when there is no folder. */
export async function readNames(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

/**
 * Removes a tree. What is missing is fine. An FFmpeg that was just stopped may write there for a moment more, so what
 * could not be emptied is tried again, for three seconds.
 */
export function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

/**
 * Removes what is in a folder for good, but not the folder: on Btrfs it may be a subvolume. A missing one is fine.
 * @param except a name that stays.
 */
export async function emptyFolder(path: string, except?: string): Promise<void> {
  const names = (await readNames(path)).filter((name) => name !== except)
  for (const name of names) await removeTree(join(path, name))
  // Also when it was empty: the crash that makes us come twice may have come before this.
  if (await exists(path)) await syncPath(path)
}

/** Removes one thing from a folder for good. What is missing is fine. */
export async function removeFrom(path: string, name: string): Promise<void> {
  await removeTree(join(path, name))
  if (await exists(path)) await syncPath(path)
}
