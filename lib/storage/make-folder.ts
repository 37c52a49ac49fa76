import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from '#lib/storage/sync-tree'

/** Makes a folder and its missing parents, and puts their names on disk. Returns whether it had to be made. */
export async function makeFolder(path: string): Promise<boolean> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return false
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncPath(dirname(made))
  return true
}
