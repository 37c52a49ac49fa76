import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncPath } from '#lib/storage/sync-tree'

/**
 * Writes a file so that readers, and a power cut, see the old or the new one and nothing between: aside, fsync,
 * rename, fsync of the folder. Nothing is left aside when it fails.
 */
export async function writeFileWhole(path: string, data: string | Uint8Array): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(aside, 'wx', 0o644)
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
  await syncPath(dirname(path))
}

/** The same, and next to nothing where the file says so already. One that cannot be read is written anew. */
export async function writeChangedFile(path: string, data: string | Uint8Array): Promise<void> {
  const known = await readFile(path).catch(() => null)
  if (known?.equals(Buffer.from(data))) await syncPath(dirname(path))
  else await writeFileWhole(path, data)
}
