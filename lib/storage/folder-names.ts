import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
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

/** Removes what is in a folder, but not the folder: on Btrfs it may be a subvolume. A missing one is fine. */
export async function emptyFolder(path: string, except?: string): Promise<void> {
  for (const name of await readNames(path)) {
    if (name !== except) await rm(join(path, name), { recursive: true, force: true })
  }
}
