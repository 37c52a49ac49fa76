import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Files in a folder and their bytes; a file with several names in it counts once. */
export async function getTreeSize(
  path: string,
  seen = new Set<string>(),
): Promise<{ fileCount: number; sizeBytes: number }> {
  const total = { fileCount: 0, sizeBytes: 0 }
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) {
      const inside = await getTreeSize(child, seen)
      total.fileCount += inside.fileCount
      total.sizeBytes += inside.sizeBytes
    } else if (entry.isFile()) {
      const { dev, ino, size } = await lstat(child)
      total.fileCount += 1
      if (!seen.has(`${dev}:${ino}`)) total.sizeBytes += size
      seen.add(`${dev}:${ino}`)
    }
  }
  return total
}
