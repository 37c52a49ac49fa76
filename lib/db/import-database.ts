import { resolve } from 'node:path'
import { mongo } from 'mongoose'
import {
  createTally,
  DUMP_FORMAT,
  DUMP_VERSION,
  decodeRecord,
  RECORD,
  readRecords,
  unreadable,
} from '#lib/db/dump-format'
import { type CollectionTally, tallyCollection } from '#lib/db/export-database'
import { hasHalfImport, IMPORT_MARK } from '#lib/db/import-mark'
import { PeekrError } from '#lib/errors'

const BATCH_COUNT = 500
const BATCH_BYTES = 8 * 1024 * 1024

/** What of an index can be carried over; everything else would change what the index means. */
const INDEX_OPTIONS = [
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'weights',
  'default_language',
  'language_override',
]
/** What servers report of every index, and what means nothing to the next one. */
const INDEX_NOISE = ['v', 'ns', 'background', 'storageEngine', 'textIndexVersion']

/**
 * Stores an export in an empty database: the whole file is checked first, and afterwards everything is read back and
 * compared. What was begun and not finished is marked, refused by connectDatabase, and begun anew by the next call.
 * @throws invalid_input for a file that is not whole; conflict for a database that holds something, or that did not
 *   store what it was given.
 */
export async function importDatabase(db: mongo.Db, file: string): Promise<CollectionTally[]> {
  const path = resolve(file)
  const { tallies, indexes } = await checkDump(path)
  await makeRoom(db)
  await db.createCollection(IMPORT_MARK)
  await db.collection(IMPORT_MARK).insertOne({ file: path, startedAt: new Date() })
  await storeDocuments(db, path)
  for (const tally of tallies) await requireSame(db, tally)
  // Indexes come last: a TTL index would remove what is not compared yet.
  for (const { name } of tallies) await makeIndexes(db, name, indexes.get(name) ?? [])
  await db.collection(IMPORT_MARK).drop()
  return tallies
}

interface Dump {
  tallies: CollectionTally[]
  indexes: Map<string, mongo.Document[]>
}

/** Reads all of the file before anything is changed. */
async function checkDump(path: string): Promise<Dump> {
  const dump: Dump = { tallies: [], indexes: new Map() }
  let tally = createTally()
  let [first, ended] = [true, false]
  for await (const { kind, bytes } of readRecords(path)) {
    if (ended || first !== (kind === RECORD.header)) throw unreadable(path)
    first = false
    if (kind === RECORD.document) {
      tally.add(bytes)
      continue
    }
    const record = parseRecord(path, bytes)
    if (kind === RECORD.header) requireVersion(path, record)
    else if (kind === RECORD.collection) {
      if (typeof record.name !== 'string' || !Array.isArray(record.indexes)) throw unreadable(path)
      tally = createTally()
      dump.indexes.set(record.name, record.indexes)
    } else if (kind === RECORD.collectionEnd) {
      const { count, checksum } = tally.result()
      if (record.count !== count || record.checksum !== checksum) throw unreadable(path)
      dump.tallies.push({ name: record.name, count, checksum })
    } else if (kind === RECORD.end && record.collections === dump.tallies.length) ended = true
    else throw unreadable(path)
  }
  if (!ended) throw unreadable(path)
  // Only now is it certain that the file says what was exported.
  for (const [name, indexes] of dump.indexes) {
    for (const index of indexes) requireKnownIndex(name, index)
  }
  return dump
}

/** A damaged file may still be unpacked for a while, to something that is no BSON. */
function parseRecord(path: string, bytes: Uint8Array): mongo.Document {
  try {
    return mongo.BSON.deserialize(bytes)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function requireVersion(path: string, { format, version }: mongo.Document): void {
  if (format !== DUMP_FORMAT) throw unreadable(path)
  if (version === DUMP_VERSION) return
  throw new PeekrError('invalid_input', {
    message: `${path} was exported by a newer Peekr. Update this one, then import it again.`,
  })
}

function requireKnownIndex(collection: string, index: mongo.Document): void {
  const option = Object.keys(index).find((key) => ![...INDEX_OPTIONS, ...INDEX_NOISE].includes(key))
  if (!option) return
  throw new PeekrError('invalid_input', {
    message: `The index ${index.name} of ${collection} has the option ${option}, which cannot be moved. Drop that index and export again.`,
  })
}

/** Empty collections (Peekr makes them when it starts) and half an import may go; documents may not. */
async function makeRoom(db: mongo.Db): Promise<void> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.'))
  if (!(await hasHalfImport(db))) {
    for (const name of names) {
      if ((await db.collection(name).findOne({}, { projection: { _id: 1 } })) === null) continue
      throw new PeekrError('conflict', {
        message: `The database already has documents (in ${name}). Import into an empty one: another PEEKR_DATA or MONGODB_URI.`,
      })
    }
  }
  // The mark goes last, so that a half-way state stays marked whenever this is interrupted.
  for (const name of names.filter((one) => one !== IMPORT_MARK)) await db.collection(name).drop()
  if (names.includes(IMPORT_MARK)) await db.collection(IMPORT_MARK).drop()
}

async function storeDocuments(db: mongo.Db, path: string): Promise<void> {
  let name = ''
  let batch: mongo.Document[] = []
  let sizeBytes = 0
  const store = async () => {
    if (batch.length > 0) await db.collection(name).insertMany(batch, { ordered: true })
    batch = []
    sizeBytes = 0
  }
  for await (const { kind, bytes } of readRecords(path)) {
    if (kind === RECORD.collection) {
      name = mongo.BSON.deserialize(bytes).name
      await db.createCollection(name)
    } else if (kind === RECORD.document) {
      batch.push(decodeRecord(bytes))
      sizeBytes += bytes.length
      if (batch.length >= BATCH_COUNT || sizeBytes >= BATCH_BYTES) await store()
    } else if (kind === RECORD.collectionEnd) await store()
  }
}

async function requireSame(db: mongo.Db, { name, count, checksum }: CollectionTally): Promise<void> {
  const stored = await tallyCollection(db, name)
  if (stored.count === count && stored.checksum === checksum) return
  throw new PeekrError('conflict', {
    message: `The collection ${name} does not hold what the file says (${stored.count} of ${count} documents, ${stored.checksum === checksum ? 'same' : 'other'} checksum). Stop everything that uses the database, and import again.`,
  })
}

async function makeIndexes(db: mongo.Db, name: string, indexes: mongo.Document[]): Promise<void> {
  const specifications = indexes
    .filter((index) => index.name !== '_id_')
    .map((index) => Object.fromEntries(Object.entries(index).filter(([key]) => INDEX_OPTIONS.includes(key))))
    .map((index) => ({ ...index, key: buildKey(index) }))
  if (specifications.length === 0) return
  await db.command({ createIndexes: name, indexes: specifications })
}

/** Servers report a text index by a key of their own, `_fts`; the fields it covers are those that have weights. */
function buildKey({ key, weights }: mongo.Document): mongo.Document {
  return Object.fromEntries(
    Object.entries(key as mongo.Document).flatMap(([path, kind]) => {
      if (path === '_ftsx') return []
      return path === '_fts' ? Object.keys(weights).map((field) => [field, 'text']) : [[path, kind]]
    }),
  )
}
