import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { readCollectionName } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import type { Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

export const STATS_COMMANDS: Record<string, Command> = {
  dbStats: { writes: false, run: describeDatabase },
  dbstats: { writes: false, run: describeDatabase },
  collStats: { writes: false, run: describeCollection },
  collstats: { writes: false, run: describeCollection },
}

/** Counts and bytes of a database. Sizes are those of the documents and keys, not of SQLite's pages around them. */
function describeDatabase(command: BsonDocument, context: CommandContext): BsonDocument {
  const scale = readScale(command)
  const collections = context.catalog.list().filter(({ db }) => db === context.db)
  const measured = collections.map((collection) => measure(context, collection))
  const sum = (pick: (one: Measured) => number) => measured.reduce((total, one) => total + pick(one), 0)
  const [objects, dataSize, indexSize] = [sum(({ n }) => n), sum(({ size }) => size), sum(totalIndexSize)]
  return {
    db: context.db,
    collections: collections.length,
    views: 0,
    objects,
    avgObjSize: objects > 0 ? dataSize / objects : 0,
    dataSize: dataSize / scale,
    storageSize: dataSize / scale,
    indexes: collections.reduce((total, { indexes }) => total + indexes.length, 0),
    indexSize: indexSize / scale,
    totalSize: (dataSize + indexSize) / scale,
    scaleFactor: scale,
  }
}

/** The same of one collection; one that is not there is empty, as in MongoDB. */
function describeCollection(command: BsonDocument, context: CommandContext): BsonDocument {
  const scale = readScale(command)
  const name = readCollectionName(command)
  const collection = context.catalog.find(context.db, name)
  const measured = collection ? measure(context, collection) : { n: 0, size: 0, indexSizes: {} }
  const { n, size, indexSizes } = measured
  const scaled = (bytes: number) => Math.floor(bytes / scale)
  return {
    ns: `${context.db}.${name}`,
    size: scaled(size),
    count: n,
    ...(n > 0 ? { avgObjSize: Math.floor(size / n) } : {}),
    storageSize: scaled(size),
    freeStorageSize: 0,
    capped: false,
    nindexes: collection?.indexes.length ?? 0,
    indexBuilds: [],
    totalIndexSize: scaled(totalIndexSize(measured)),
    totalSize: scaled(size + totalIndexSize(measured)),
    indexSizes: Object.fromEntries(
      Object.entries(indexSizes).map(([index, bytes]) => [index, scaled(bytes)]),
    ),
    scaleFactor: scale,
  }
}

interface Measured {
  n: number
  size: number
  indexSizes: Record<string, number>
}

function measure(context: CommandContext, collection: Collection): Measured {
  const row = context.store
    .prepare(`SELECT count(*) AS n, total(length(doc)) AS size FROM ${collection.table}`)
    .get() as { n: number; size: number }
  const sizes = collection.indexes.map((index) => [index.name, measureIndex(context, index)] as const)
  return { n: row.n, size: row.size, indexSizes: Object.fromEntries(sizes) }
}

/** Each entry has its key and a row number. */
function measureIndex(context: CommandContext, index: CollectionIndex): number {
  // FTS5 keeps the words of a text index in the blocks of a table of its own.
  const sql = index.text
    ? `SELECT total(length(block)) AS size FROM ${index.table}_data`
    : `SELECT total(length(${index.keyColumn}) + 8) AS size FROM ${index.table}`
  const row = context.store.prepare(sql).get() as { size: number }
  return row.size
}

function totalIndexSize({ indexSizes }: Measured): number {
  return Object.values(indexSizes).reduce((total, bytes) => total + bytes, 0)
}

function readScale(command: BsonDocument): number {
  const scale = toNumber(command.scale ?? 1)
  if (scale !== null && scale >= 1) return Math.trunc(scale)
  throw new MongoError(2, `BSON field 'scale' value must be >= 1, actual value '${String(command.scale)}'`)
}
