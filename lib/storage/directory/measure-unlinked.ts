import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '#lib/storage/exists'

const BLOCK_BYTES = 512

/** Bytes of the files below a folder that have no other name anywhere: what removing it would free. null when it is gone. */
export async function measureUnlinked(path: string): Promise<number | null> {
  if (!(await exists(path))) return null
  let sumBytes = 0
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const { nlink, blocks } = await lstat(join(entry.parentPath, entry.name))
    if (nlink === 1) sumBytes += blocks * BLOCK_BYTES
  }
  return sumBytes
}
