import { readFile, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findMount } from '#lib/storage/find-mount'
import { isErrno } from '#lib/storage/to-storage-error'

export interface Space {
  totalBytes: number
  freeBytes: number
}

/**
 * What the filesystem at `path` holds and what can still be written to it. In a sparse image file more looks free
 * than there is, so the room on the disk under the image counts too. On Btrfs statfs is an estimate that knows the
 * RAID profile, and 0 once metadata is exhausted (btrfs-filesystem(8)).
 */
export async function getSpace(path: string): Promise<Space> {
  const { bsize, blocks, bavail } = await statfs(path)
  const space = { totalBytes: bsize * blocks, freeBytes: bsize * bavail }
  const imagePath = await findBackingFile(path)
  if (imagePath === null) return space
  const image = await stat(imagePath)
  const holesBytes = Math.max(0, image.size - image.blocks * 512)
  if (holesBytes === 0) return space
  const under = await statfs(dirname(imagePath))
  return { ...space, freeBytes: Math.min(space.freeBytes, under.bsize * under.bavail) }
}

/** The image file behind a loop mount, or null when the path is on an ordinary disk. */
async function findBackingFile(path: string): Promise<string | null> {
  const mount = await findMount(path)
  const [, loop] = /^\/dev\/(loop\d+)$/.exec(mount?.source ?? '') ?? []
  if (loop === undefined) return null
  try {
    const backing = (await readFile(`/sys/block/${loop}/loop/backing_file`, 'utf8')).trim()
    await stat(backing)
    return backing
  } catch (error) {
    // Unlinked images and images outside this container's view cannot be measured; statfs stays the answer.
    if (isErrno(error, 'ENOENT', 'EACCES')) return null
    throw error
  }
}
