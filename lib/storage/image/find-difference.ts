import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile } from '#lib/media/hash-file'

/**
 * The first path, relative to both folders, at which `copy` is not the same as `original`: missing, more, or other
 * bytes. null when they are alike. Sockets and pipes do not count.
 */
export async function findDifference(original: string, copy: string, path = ''): Promise<string | null> {
  const [names, copiedNames] = [await readKept(join(original, path)), await readKept(join(copy, path))]
  const odd = [...names, ...copiedNames].find((name) => !names.includes(name) || !copiedNames.includes(name))
  if (odd !== undefined) return join(path, odd)
  for (const name of names) {
    const child = join(path, name)
    const [left, right] = [join(original, child), join(copy, child)]
    const [leftFacts, rightFacts] = [await lstat(left), await lstat(right)]
    if (leftFacts.isDirectory() && rightFacts.isDirectory()) {
      const inside = await findDifference(original, copy, child)
      if (inside !== null) return inside
    } else if (leftFacts.isSymbolicLink() && rightFacts.isSymbolicLink()) {
      if ((await readlink(left)) !== (await readlink(right))) return child
    } else {
      if (!leftFacts.isFile() || !rightFacts.isFile() || leftFacts.size !== rightFacts.size) return child
      if ((await hashFile(left)).sha256 !== (await hashFile(right)).sha256) return child
    }
  }
  return null
}

async function readKept(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() || entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name)
}
