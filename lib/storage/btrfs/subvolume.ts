import { lstat, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isPeekrError } from '#lib/errors'
import {
  buildCreateSubvolume,
  buildDeleteSubvolume,
  buildMakeWritable,
} from '#lib/storage/btrfs/btrfs-arguments'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { exists } from '#lib/storage/exists'
import { removeTree } from '#lib/storage/folder-names'
import { isErrno } from '#lib/storage/to-storage-error'

/** The inode number of every subvolume's root and of nothing else on Btrfs (BTRFS_FIRST_FREE_OBJECTID). */
const SUBVOLUME_INODE = 256

/** Whether a path on Btrfs is a subvolume's root. false when nothing is there. */
export async function isSubvolume(path: string): Promise<boolean> {
  try {
    const { ino } = await stat(path)
    return ino === SUBVOLUME_INODE
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}

/** Makes a subvolume unless something is there: a folder from before the data moved to Btrfs serves as well. */
export async function createSubvolume(path: string, runBtrfs: RunBtrfs): Promise<void> {
  if (await exists(path)) return
  try {
    await runBtrfs(buildCreateSubvolume(path))
  } catch (error) {
    // Two callers at once: the other one made it.
    if (!(await exists(path))) throw error
  }
}

/**
 * Removes whatever is at `path`: a subvolume with those nested in it, a read-only snapshot, half of either, a plain
 * folder, a file, nothing. Works as a plain user too: without the mount option `user_subvol_rm_allowed` the files are removed
 * one by one and the empty subvolume with rmdir (allowed since Linux 4.18), which only takes longer.
 */
export async function deleteSubvolume(path: string, runBtrfs: RunBtrfs): Promise<void> {
  if (!(await exists(path))) return
  if (!(await lstat(path)).isDirectory()) return rm(path, { force: true })
  if (await isSubvolume(path)) {
    if (process.geteuid?.() !== 0) await runBtrfs(buildMakeWritable(path))
    // At once where it can be: looking for what is nested takes longer the longer the video is.
    if (await tryDelete(path, runBtrfs)) return
    await deleteNested(path, runBtrfs)
    if (await tryDelete(path, runBtrfs)) return
  } else {
    await deleteNested(path, runBtrfs)
  }
  await removeTree(path)
}

/** Deleting a subvolume fails while another one is nested in it. */
async function deleteNested(path: string, runBtrfs: RunBtrfs): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const child = join(path, entry.name)
    if (await isSubvolume(child)) await deleteSubvolume(child, runBtrfs)
    else await deleteNested(child, runBtrfs)
  }
}

async function tryDelete(path: string, runBtrfs: RunBtrfs): Promise<boolean> {
  try {
    await runBtrfs(buildDeleteSubvolume(path))
    return true
  } catch (error) {
    // Not permitted, or just deleted by somebody else: rm handles both, and says so when it cannot.
    if (isPeekrError(error) && error.code === 'storage_unavailable') return false
    throw error
  }
}
