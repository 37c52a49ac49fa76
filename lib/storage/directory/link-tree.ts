import { link, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { syncPath } from '#lib/storage/sync-tree'

/**
 * Makes `to` a copy of the folder `from` whose files are hard links, and puts its folders on disk. It holds as long
 * as files are replaced and never written in place, which is how everything in the library is written.
 * @param skip names left out at the top level; files being written (leading dot) are left out everywhere.
 */
export async function linkTree(from: string, to: string, skip: readonly string[] = []): Promise<void> {
  await mkdir(to)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || skip.includes(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await linkTree(source, target)
    else if (entry.isFile()) await link(source, target)
  }
  await syncPath(to)
}
