import { lstat } from 'node:fs/promises'
import { isErrno } from '#lib/storage/to-storage-error'

/** Whether something is at a path, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}
