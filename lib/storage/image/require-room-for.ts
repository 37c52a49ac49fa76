import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatBytes } from '#lib/domain/format'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import { getTreeSize } from '#lib/storage/image/get-tree-size'
import type { ImagePaths } from '#lib/storage/image/image-paths'

const MIB = 1024 ** 2
/** mkfs.btrfs takes 110 MiB, of which nearly all is its own. */
const SIZE_BYTES_MIN = 256 * MIB
/** Btrfs keeps its metadata twice and allocates in large pieces. */
const OVERHEAD = 1.15

/**
 * Whether an image of this size makes sense here. An image bigger than the disk under it would one day fail a write
 * that Btrfs had reason to believe in, so it must fit now.
 * @throws invalid_input saying what would be a fitting size; disk_full when there is none.
 */
export async function requireRoomFor(options: { paths: ImagePaths; sizeBytes: number }): Promise<void> {
  const { paths, sizeBytes } = options
  const dataSizeBytes = (await exists(paths.dataPath)) ? (await getTreeSize(paths.dataPath)).sizeBytes : 0
  const sizeBytesMin = Math.max(SIZE_BYTES_MIN, Math.ceil(dataSizeBytes * OVERHEAD) + 128 * MIB)
  if (sizeBytes < sizeBytesMin) {
    throw new PeekrError('invalid_input', {
      message: `That is too small for what is to go in. Ask for at least ${Math.ceil(sizeBytesMin / MIB)}M.`,
    })
  }
  const { bsize, bavail } = await statfs(await findExistingFolder(dirname(paths.image)))
  const freeBytes = bsize * bavail
  if (sizeBytes <= freeBytes) return
  throw new PeekrError('disk_full', {
    message: `The disk has ${formatBytes(freeBytes)} free, which is less than that. Ask for a smaller size, or free some space.`,
  })
}

async function findExistingFolder(path: string): Promise<string> {
  return (await exists(path)) ? path : findExistingFolder(dirname(path))
}
