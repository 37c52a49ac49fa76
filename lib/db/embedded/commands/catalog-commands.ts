import { Long } from 'bson'
import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { RawDocuments } from '#lib/db/embedded/commands/raw-documents'
import { readCollectionName, readDocument } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import type { Collection } from '#lib/db/embedded/storage/catalog'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'
import { toFlag } from '#lib/db/embedded/values/to-number'

export const CATALOG_COMMANDS: Record<string, Command> = {
  create: { writes: true, run: create },
  drop: { writes: true, run: drop },
  dropDatabase: { writes: true, run: dropDatabase },
  listCollections: { writes: false, run: listCollections },
  listDatabases: { writes: false, run: listDatabases },
}

/** Fields every command may have; others are options that would change what the collection is. */
const PLAIN_OPTIONS = new Set(['create', 'writeConcern', 'autoIndexId', 'comment'])

function create(command: BsonDocument, context: CommandContext): BsonDocument {
  const name = readCollectionName(command)
  const option = Object.keys(command).find(
    (key) => !PLAIN_OPTIONS.has(key) && !key.startsWith('$') && key !== 'lsid' && key !== 'maxTimeMS',
  )
  if (option) {
    throw new MongoError(72, `The option '${option}' of create is not supported by the embedded database.`)
  }
  // As MongoDB since 7.0: the same collection with the same options may be created again.
  context.catalog.create(context.db, name)
  return {}
}

function drop(command: BsonDocument, context: CommandContext): BsonDocument {
  const collection = context.catalog.find(context.db, readCollectionName(command))
  if (!collection) return {}
  const nIndexesWas = collection.indexes.length
  context.catalog.drop(collection)
  return { ns: collection.namespace, nIndexesWas }
}

function dropDatabase(_command: BsonDocument, context: CommandContext): BsonDocument {
  const collections = collectionsOf(context)
  for (const collection of collections) context.catalog.drop(collection)
  return collections.length > 0 ? { dropped: context.db } : {}
}

function listCollections(command: BsonDocument, context: CommandContext): BsonDocument {
  const matches = compileFilter(readDocument(command, 'filter'))
  const nameOnly = toFlag(command.nameOnly)
  const documents = new RawDocuments()
  for (const collection of collectionsOf(context)) {
    const { name, uuid, indexes } = collection
    const entry = {
      name,
      type: 'collection',
      options: {},
      info: { readOnly: false, uuid },
      idIndex: indexes[0]?.document,
    }
    if (matches(entry)) documents.add(encodeDocument(nameOnly ? { name, type: 'collection' } : entry))
  }
  return { cursor: { firstBatch: documents, id: Long.ZERO, ns: `${context.db}.$cmd.listCollections` } }
}

function listDatabases(command: BsonDocument, context: CommandContext): BsonDocument {
  const matches = compileFilter(readDocument(command, 'filter'))
  const names = [...new Set(context.catalog.list().map(({ db }) => db))].sort()
  const databases = names
    .map((name) => ({ name, sizeOnDisk: sizeOf(context, name), empty: false }))
    .filter((database) => matches(database))
  if (toFlag(command.nameOnly)) return { databases: databases.map(({ name }) => ({ name })) }
  return { databases, totalSize: databases.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0) }
}

/** The bytes of a database's documents. */
function sizeOf(context: CommandContext, db: string): number {
  return context.catalog
    .list()
    .filter((collection) => collection.db === db)
    .map(({ table }) => context.store.prepare(`SELECT total(length(doc)) AS size FROM ${table}`).get())
    .reduce((sum, row) => sum + Number(row?.size ?? 0), 0)
}

function collectionsOf({ catalog, db }: CommandContext): Collection[] {
  return catalog.list().filter((collection) => collection.db === db)
}
