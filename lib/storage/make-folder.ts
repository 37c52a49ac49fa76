import { chown, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from '#lib/storage/sync-tree'

/**
 * Makes a folder and its missing parents, and puts their names on disk. What root makes in somebody's folder becomes
 * theirs, so that a `sudo peekr storage status` does not lock the server out of its own data. Calling twice is safe.
 */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  const owner = await stat(dirname(first))
  const isForSomebodyElse = process.geteuid?.() === 0 && owner.uid !== 0
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    if (isForSomebodyElse) await chown(made, owner.uid, owner.gid)
    await syncPath(dirname(made))
  }
}
