import { constants, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mongo } from 'mongoose'
import { buildDatabasePaths } from '#lib/db/embedded/database-paths'
import { findRunningEmbeddedDatabase } from '#lib/db/embedded/find-running-embedded-database'
import { BACKUP_FOLDER, BACKUP_SUFFIX } from '#lib/db/embedded/storage/find-last-good-backup'
import { checkPages } from '#lib/db/embedded/storage/open-store'
import { endCutOffCommands } from '#lib/db/end-cut-off-commands'
import { PeekrError } from '#lib/errors'
import { syncPath } from '#lib/storage/sync-tree'

/** Bringing a large log into the file takes seconds, not minutes. */
const ANSWER_MS = 60_000

/**
 * Copies the running embedded database, as it is at one moment, to a file beside it, while others go on using it. The
 * copy is checked and on the disk before it has its name, so a file of that name is a good backup.
 * @returns the file: a database of its own, to be copied to `peekr.sqlite` of a stopped Peekr.
 * @throws database_away when no embedded database runs for this folder, or when the copy is not sound.
 */
export async function backUpEmbeddedDatabase({
  dataPath,
}: {
  dataPath: string
}): Promise<{ path: string; sizeBytes: number }> {
  const uri = await findRunningEmbeddedDatabase({ dataPath })
  if (uri === null) {
    throw new PeekrError('database_away', {
      message: 'The embedded database is not running, so it cannot be copied. Start Peekr and try again.',
    })
  }
  const folder = join(buildDatabasePaths(dataPath).folder, BACKUP_FOLDER)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = new Date().toISOString().replaceAll(':', '-') + BACKUP_SUFFIX
  const partial = join(folder, `${name}.partial`)
  try {
    await copy(uri, partial)
    requireSound(partial)
    await syncPath(partial)
    await rename(partial, join(folder, name))
    await syncPath(folder)
  } finally {
    await rm(partial, { force: true })
  }
  const path = join(folder, name)
  return { path, sizeBytes: (await stat(path)).size }
}

/** On Btrfs this shares the file's blocks and takes no time. */
async function copy(uri: string, partial: string): Promise<void> {
  endCutOffCommands()
  const client = await mongo.MongoClient.connect(uri, { socketTimeoutMS: ANSWER_MS })
  try {
    const admin = client.db('admin')
    const { token, file } = await admin.command({ peekrBackUp: 'begin' })
    try {
      await copyFile(file, partial, constants.COPYFILE_FICLONE)
    } finally {
      const { held } = await admin.command({ peekrBackUp: 'end', token })
      if (!held) await rm(partial, { force: true })
    }
  } finally {
    await client.close()
  }
}

/** Also makes it one file: as a copy of a database with a log it would want one beside it. */
function requireSound(path: string): void {
  const sqlite = new DatabaseSync(path)
  try {
    sqlite.exec('PRAGMA journal_mode = DELETE')
    const verdict = checkPages(sqlite)
    if (verdict === 'ok') return
    throw new PeekrError('database_away', {
      message:
        'The copy of the database is not sound, so it was not kept. Check the disk, and restart Peekr to check the database.',
      cause: verdict,
    })
  } finally {
    sqlite.close()
  }
}
