import type { mongo } from 'mongoose'
import { PeekrError } from '#lib/errors'

/** The collection that is there while an import is under way, and stays when it did not get to its end. */
export const IMPORT_MARK = 'peekr-import'

export async function hasHalfImport(db: mongo.Db): Promise<boolean> {
  return (await db.listCollections({ name: IMPORT_MARK }, { nameOnly: true }).toArray()).length > 0
}

/** @throws database_away when the database holds half of an import: half the videos would look deleted. */
export async function requireWholeImport(db: mongo.Db): Promise<void> {
  if (!(await hasHalfImport(db))) return
  throw new PeekrError('database_away', {
    message:
      'The import into this database was not finished, so it is not used. Run `peekr db import FILE` again: it begins anew.',
  })
}
