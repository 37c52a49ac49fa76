import { randomBytes } from 'node:crypto'
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { LIBRARY_FOLDER, SNAPSHOTS_FOLDER, UPLOADS_FOLDER } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { createBtrfsStorage } from '#lib/storage/btrfs/create-btrfs-storage'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { createSubvolume, deleteSubvolume } from '#lib/storage/btrfs/subvolume'
import { createDirectoryStorage } from '#lib/storage/directory/create-directory-storage'
import { findMount } from '#lib/storage/find-mount'
import { readNames } from '#lib/storage/folder-names'
import { makeFolder } from '#lib/storage/make-folder'
import type { Storage } from '#lib/storage/storage'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'

/** BTRFS_SUPER_MAGIC (statfs(2)). */
const BTRFS_MAGIC = 0x9123683e

/**
 * Opens the storage in a data folder, making its folders where they are missing, with the driver that works there:
 * Btrfs when the folder is on one and a subvolume can be made and deleted, otherwise plain folders.
 * @param options.runBtrfs how to run btrfs-progs; the server's goes through the Piscina pool.
 * @throws storage_unavailable when the folder cannot be written.
 */
export async function openStorage(options: { dataPath: string; runBtrfs: RunBtrfs }): Promise<Storage> {
  const { dataPath, runBtrfs } = options
  return withStorageErrors(async () => {
    for (const folder of [LIBRARY_FOLDER, SNAPSHOTS_FOLDER, UPLOADS_FOLDER])
      await makeFolder(join(dataPath, folder))
    if (!(await isOnBtrfs(dataPath))) {
      const advice =
        'The data folder is not on Btrfs, so snapshots are hard links and damage goes unnoticed; run `peekr storage init --loop 50G` to change that.'
      return createDirectoryStorage({ dataPath, advice })
    }
    const problem = await findBtrfsProblem(dataPath, runBtrfs)
    if (problem !== null) {
      getLog('storage').warn(
        { cause: problem },
        'Btrfs is there but cannot be used; plain folders are used instead.',
      )
      const advice =
        'The data folder is on Btrfs, but Peekr cannot make subvolumes in it; install btrfs-progs and give the user Peekr runs as ownership of the folder.'
      return createDirectoryStorage({ dataPath, advice })
    }
    await removeOldTrials(dataPath, runBtrfs)
    return createBtrfsStorage({ dataPath, runBtrfs, advice: await findMountAdvice(dataPath) })
  })
}

/** Whether a path is on Btrfs; its parent answers when it does not exist. */
export async function isOnBtrfs(path: string): Promise<boolean> {
  try {
    return (await statfs(path)).type === BTRFS_MAGIC
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return isOnBtrfs(join(path, '..'))
    throw error
  }
}

/** Names of what only tries whether a subvolume can be made. */
const TRIAL = '.trial-'
const TRIAL_MS_MAX = 60_000

/** A process that was killed in the middle of its trial leaves it; one that is trying now is spared. */
async function removeOldTrials(dataPath: string, runBtrfs: RunBtrfs): Promise<void> {
  const library = join(dataPath, LIBRARY_FOLDER)
  for (const name of (await readNames(library)).filter((entry) => entry.startsWith(TRIAL))) {
    const { mtimeMs } = await stat(join(library, name))
    if (Date.now() - mtimeMs > TRIAL_MS_MAX) await deleteSubvolume(join(library, name), runBtrfs)
  }
}

/** Only trying tells: permissions, quotas, containers and missing tools all look fine until then. */
async function findBtrfsProblem(dataPath: string, runBtrfs: RunBtrfs): Promise<unknown> {
  const path = join(dataPath, LIBRARY_FOLDER, `${TRIAL}${randomBytes(6).toString('hex')}`)
  try {
    await createSubvolume(path, runBtrfs)
    return null
  } catch (error) {
    // A full disk is no reason to change drivers.
    if (isPeekrError(error) && error.code === 'disk_full') return null
    return error
  } finally {
    await deleteSubvolume(path, runBtrfs)
  }
}

async function findMountAdvice(dataPath: string): Promise<string | null> {
  const options = (await findMount(dataPath))?.options ?? []
  if (process.geteuid?.() === 0 || options.includes('user_subvol_rm_allowed')) return null
  return 'Deleting takes longer than it must; add the mount option user_subvol_rm_allowed to this Btrfs, since Peekr does not run as root.'
}
