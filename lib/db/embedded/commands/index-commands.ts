import { Long } from 'bson'
import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { RawDocuments } from '#lib/db/embedded/commands/raw-documents'
import { readCollectionName } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { findDocuments } from '#lib/db/embedded/query/find-documents'
import type { Collection } from '#lib/db/embedded/storage/catalog'
import {
  buildIndexName,
  type IndexSpec,
  parseIndexSpec,
  sameIndex,
  sameKey,
} from '#lib/db/embedded/storage/index-spec'
import { indexDocument } from '#lib/db/embedded/storage/write-document'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'

export const INDEX_COMMANDS: Record<string, Command> = {
  createIndexes: { writes: true, run: createIndexes },
  listIndexes: { writes: false, run: listIndexes },
  dropIndexes: { writes: true, run: dropIndexes },
}

/** All of them are made or none: an error rolls the command back. */
function createIndexes(command: BsonDocument, context: CommandContext): BsonDocument {
  const name = readCollectionName(command)
  const given = command.indexes
  if (!Array.isArray(given) || given.length === 0 || !given.every(isDocument)) {
    throw new MongoError(2, 'Must specify at least one index to create')
  }
  const created = context.catalog.find(context.db, name) === null
  const collection = context.catalog.create(context.db, name)
  const before = collection.indexes.length
  for (const specification of given) {
    const spec = parseIndexSpec(specification as BsonDocument)
    if (isNew(collection, spec)) build(context, collection, spec)
  }
  const after = collection.indexes.length
  return {
    numIndexesBefore: before,
    numIndexesAfter: after,
    createdCollectionAutomatically: created,
    ...(before === after ? { note: 'all indexes already exist' } : {}),
  }
}

/** @throws IndexOptionsConflict, IndexKeySpecsConflict */
function isNew(collection: Collection, spec: IndexSpec): boolean {
  if (sameKey(collection.indexes[0] as IndexSpec, spec)) return false
  const named = collection.indexes.find((index) => index.name === spec.name)
  if (named && sameIndex(named, spec)) return false
  if (named) {
    throw new MongoError(
      sameKey(named, spec) ? 85 : 86,
      `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${spec.name}`,
    )
  }
  const text = spec.text && collection.indexes.find((index) => index.text)
  if (text && !sameKey(text, spec)) {
    throw new MongoError(
      67,
      `only one text index per collection allowed, found existing text index "${text.name}"`,
    )
  }
  const twin = collection.indexes.find((index) => sameKey(index, spec) && samePartial(index, spec))
  if (twin) throw new MongoError(85, `Index already exists with a different name: ${twin.name}`)
  return true
}

function samePartial(a: IndexSpec, b: IndexSpec): boolean {
  const text = (spec: IndexSpec) =>
    spec.partial ? encodeDocument(spec.partial.filter).toString('latin1') : ''
  return text(a) === text(b)
}

function build(context: CommandContext, collection: Collection, spec: IndexSpec): void {
  const index = context.catalog.addIndex(collection, spec)
  collection.indexes = collection.indexes.filter((other) => other !== index)
  for (const found of findDocuments(context, collection, { filter: {} })) {
    indexDocument(context, collection, index, found)
  }
  collection.indexes.push(index)
}

function listIndexes(command: BsonDocument, context: CommandContext): BsonDocument {
  const collection = requireCollection(command, context)
  const documents = new RawDocuments()
  for (const { document } of collection.indexes) documents.add(encodeDocument(document))
  return { cursor: { firstBatch: documents, id: Long.ZERO, ns: collection.namespace } }
}

function dropIndexes(command: BsonDocument, context: CommandContext): BsonDocument {
  const collection = requireCollection(command, context)
  const before = collection.indexes.length
  for (const index of findToDrop(collection, command.index)) context.catalog.dropIndex(collection, index)
  return { nIndexesWas: before }
}

function findToDrop(collection: Collection, wanted: unknown) {
  const others = collection.indexes.slice(1)
  if (wanted === '*') return others
  const names = (Array.isArray(wanted) ? wanted : [wanted]).map((item) =>
    isDocument(item) ? buildIndexName(item) : item,
  )
  return names.map((name) => {
    if (name === '_id_') throw new MongoError(72, 'cannot drop _id index')
    const index = others.find((other) => other.name === name)
    if (!index) throw new MongoError(27, `index not found with name [${String(name)}]`)
    return index
  })
}

/** @throws NamespaceNotFound */
function requireCollection(command: BsonDocument, context: CommandContext): Collection {
  const name = readCollectionName(command)
  const collection = context.catalog.find(context.db, name)
  if (!collection) throw new MongoError(26, `ns does not exist: ${context.db}.${name}`)
  return collection
}
