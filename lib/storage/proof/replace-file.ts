import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncPath } from '#lib/storage/sync-tree'
import { withStorageErrors } from '#lib/storage/to-storage-error'

/**
 * Puts a copy of `from` in the place of a damaged file, whole or not at all: readers see one or the other. A reflink
 * where the filesystem can. The caller has checked `from`. Twice is safe.
 * @throws disk_full, storage_unavailable
 */
export async function replaceFile(from: string, to: string): Promise<void> {
  const aside = join(dirname(to), `.${basename(to)}.${randomBytes(6).toString('hex')}`)
  await withStorageErrors(async () => {
    await mkdir(dirname(to), { recursive: true })
    try {
      await copyFile(from, aside, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      await syncPath(aside)
      await rename(aside, to)
    } finally {
      await rm(aside, { force: true })
    }
    await syncPath(dirname(to))
  })
}
