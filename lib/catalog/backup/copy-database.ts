import { chown, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import mongoose from 'mongoose'
import { getConfig } from '#lib/config'
import { backUpEmbeddedDatabase } from '#lib/db/embedded/back-up-embedded-database'
import { exportDatabase } from '#lib/db/export-database'
import { TWIN_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { readNames } from '#lib/storage/folder-names'
import { DATABASE_COPIES_FOLDER, type RunRecord } from '#lib/storage/twin/backup-format'
import type { Target } from '#lib/storage/twin/open-target'

/** Copies in `db/backups` that stay: they are what a damaged database is replaced with. */
const LOCAL_COPIES_MAX = 3

/**
 * Puts a copy of the database in use into a target: the embedded one as it is at one moment; of MongoDB each
 * collection as it is while it is read.
 * @throws database_away, disk_full, storage_unavailable
 */
export async function copyDatabase(target: Target, runName: string): Promise<RunRecord['database']> {
  const { mongodbUri, dataPath } = getConfig()
  if (mongodbUri === null) {
    const { path } = await backUpEmbeddedDatabase({ dataPath })
    await giveToOwner(path, dataPath)
    const file = `${DATABASE_COPIES_FOLDER}/${runName}.sqlite`
    const stored = await target.files.put({ file: path }, file)
    const copies = (await readNames(dirname(path))).filter((name) => name.endsWith('.sqlite')).sort()
    for (const name of copies.slice(0, -LOCAL_COPIES_MAX))
      await rm(join(dirname(path), name), { force: true })
    return { file, engine: 'embedded', ...stored }
  }
  const { db } = mongoose.connection
  if (db === undefined) throw new PeekrError('database_away')
  const path = join(dataPath, TWIN_FOLDER, 'database.db.gz')
  await rm(path, { force: true })
  try {
    await exportDatabase(db, path, { whileUsed: true })
    const file = `${DATABASE_COPIES_FOLDER}/${runName}.db.gz`
    return { file, engine: 'mongodb', ...(await target.files.put({ file: path }, file)) }
  } finally {
    await rm(path, { force: true })
  }
}

/** A backup that root makes must not leave the server copies that it cannot read. */
async function giveToOwner(path: string, dataPath: string): Promise<void> {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = await stat(dataPath)
  for (const one of [dirname(path), path]) await chown(one, uid, gid)
}
