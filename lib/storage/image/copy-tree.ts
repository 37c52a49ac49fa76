import { constants } from 'node:fs'
import { chmod, copyFile, lchown, lstat, mkdir, readdir, readlink, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Copies everything in the folder `from` into the folder `to`, which may have folders already (subvolumes made ahead):
 * owners, modes and times with it, sockets and pipes without, since they belong to a process and not to the data.
 * Hard links become reflinks, because a link cannot cross subvolumes: `to` must be on a filesystem that has them.
 */
export async function copyTree(from: string, to: string, copied = new Map<string, string>()): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target, copied)
    else if (entry.isFile()) await copyOne(source, target, copied)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
  }
  await copyFacts(from, to)
}

async function copyOne(from: string, to: string, copied: Map<string, string>): Promise<void> {
  const { dev, ino, nlink } = await lstat(from)
  const key = `${dev}:${ino}`
  const twin = copied.get(key)
  if (twin === undefined) await copyFile(from, to)
  else await copyFile(twin, to, constants.COPYFILE_FICLONE_FORCE)
  if (nlink > 1) copied.set(key, to)
  await copyFacts(from, to)
}

async function copyFacts(from: string, to: string): Promise<void> {
  const { mode, uid, gid, atime, mtime } = await lstat(from)
  await lchown(to, uid, gid)
  await chmod(to, mode)
  await utimes(to, atime, mtime)
}
