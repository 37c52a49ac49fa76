import { createWriteStream } from 'node:fs'
import { access, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { mongo } from 'mongoose'
import { buildRecord, createTally, DUMP_FORMAT, DUMP_VERSION, RECORD, type Tally } from '#lib/db/dump-format'
import { IMPORT_MARK } from '#lib/db/import-mark'
import { PeekrError } from '#lib/errors'
import { syncPath } from '#lib/storage/sync-tree'

export interface CollectionTally extends Tally {
  name: string
}

/**
 * Writes every collection of a database, with its indexes, into one new file. Nothing may write meanwhile: each
 * collection is read a second time, and one that changed ends the export. The file appears whole or not at all.
 * @param options.whileUsed for a backup: each collection is then as it was while it was read, and not all of them as
 *   they were at one moment.
 * @throws conflict when the file exists, or the database changed or holds half an import.
 */
export async function exportDatabase(
  db: mongo.Db,
  file: string,
  { whileUsed = false }: { whileUsed?: boolean } = {},
): Promise<CollectionTally[]> {
  const path = resolve(file)
  await requireNew(path)
  const partial = `${path}.partial`
  const tallies: CollectionTally[] = []
  try {
    await pipeline(buildRecords(db, tallies), createGzip(), createWriteStream(partial, { mode: 0o600 }))
    if (!whileUsed) for (const tally of tallies) await requireUnchanged(db, tally)
    await syncPath(partial)
    await rename(partial, path)
    await syncPath(dirname(path))
  } finally {
    await rm(partial, { force: true })
  }
  return tallies
}

/** The documents of a collection counted and summed, as they are stored. */
export async function tallyCollection(db: mongo.Db, name: string): Promise<Tally> {
  const tally = createTally()
  for await (const bytes of readRaw(db, name)) tally.add(bytes)
  return tally.result()
}

async function* buildRecords(db: mongo.Db, tallies: CollectionTally[]): AsyncGenerator<Buffer> {
  const { BSON } = mongo
  yield buildRecord(
    RECORD.header,
    BSON.serialize({ format: DUMP_FORMAT, version: DUMP_VERSION, madeAt: new Date() }),
  )
  const listed = await db.listCollections({}, { nameOnly: true }).toArray()
  const names = listed.map(({ name }) => name).filter((name) => !name.startsWith('system.'))
  if (names.includes(IMPORT_MARK)) {
    throw new PeekrError('conflict', {
      message: 'This database holds an import that was not finished. Run `peekr db import` again first.',
    })
  }
  for (const name of names.sort()) {
    const indexes = await db.collection(name).indexes()
    yield buildRecord(RECORD.collection, BSON.serialize({ name, indexes }))
    const tally = createTally()
    for await (const bytes of readRaw(db, name)) {
      tally.add(bytes)
      yield buildRecord(RECORD.document, bytes)
    }
    const result = { name, ...tally.result() }
    tallies.push(result)
    yield buildRecord(RECORD.collectionEnd, BSON.serialize(result))
  }
  yield buildRecord(RECORD.end, BSON.serialize({ collections: tallies.length }))
}

async function* readRaw(db: mongo.Db, name: string): AsyncGenerator<Uint8Array> {
  // With `raw` the driver hands out the documents' bytes, whatever its types say.
  const cursor = db.collection(name).find({}, { raw: true, batchSize: 500 })
  for await (const bytes of cursor as unknown as AsyncIterable<Uint8Array>) yield bytes
}

async function requireUnchanged(db: mongo.Db, { name, count, checksum }: CollectionTally): Promise<void> {
  const now = await tallyCollection(db, name)
  if (now.count === count && now.checksum === checksum) return
  throw new PeekrError('conflict', {
    message: `The collection ${name} changed while it was exported. Stop everything that uses the database, then try again.`,
  })
}

async function requireNew(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (exists) {
    throw new PeekrError('conflict', {
      message: `${path} exists already. Name another file, or remove it first.`,
    })
  }
}
