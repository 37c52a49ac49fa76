import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { checkPages } from '#lib/db/embedded/storage/open-store'

/** Where online copies of the database are kept, beside it. */
export const BACKUP_FOLDER = 'backups'
export const BACKUP_SUFFIX = '.sqlite'

/** The newest backup in a database folder whose pages are sound; null when there is none. */
export function findLastGoodBackup(folder: string): { path: string; madeAt: Date } | null {
  const backups = join(folder, BACKUP_FOLDER)
  if (!existsSync(backups)) return null
  // Their names begin with the time, so the last name is the newest.
  const names = readdirSync(backups).filter((name) => name.endsWith(BACKUP_SUFFIX))
  for (const name of names.sort().reverse()) {
    const path = join(backups, name)
    if (isSound(path)) return { path, madeAt: statSync(path).mtime }
  }
  return null
}

/** Whether SQLite finds nothing wrong with a backup's pages. It changes nothing. */
function isSound(path: string): boolean {
  const sqlite = new DatabaseSync(path, { readOnly: true })
  try {
    return checkPages(sqlite) === 'ok'
  } finally {
    sqlite.close()
  }
}
