import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { readCollectionName } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import type { Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import { parseIndexSpec } from '#lib/db/embedded/storage/index-spec'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { valuesEqual } from '#lib/db/embedded/values/compare-values'

/** `collMod`, for what it is used for most: how long a TTL index keeps documents. */
export const modifyCollection: Command = { writes: true, run }

const PLAIN_OPTIONS = new Set([
  'collMod',
  'index',
  'writeConcern',
  'comment',
  'lsid',
  'maxTimeMS',
  'txnNumber',
])

/** @throws NamespaceNotFound, IndexNotFound, InvalidOptions */
function run(command: BsonDocument, context: CommandContext): BsonDocument {
  const name = readCollectionName(command)
  const option = Object.keys(command).find((key) => !PLAIN_OPTIONS.has(key) && !key.startsWith('$'))
  if (option) {
    throw new MongoError(72, `The option '${option}' of collMod is not supported by the embedded database.`)
  }
  const collection = context.catalog.find(context.db, name)
  if (!collection) throw new MongoError(26, `ns does not exist: ${context.db}.${name}`)
  return isDocument(command.index) ? changeExpiry(context, collection, command.index) : {}
}

function changeExpiry(context: CommandContext, collection: Collection, wanted: BsonDocument): BsonDocument {
  const { expireAfterSeconds } = wanted
  const option = Object.keys(wanted).find(
    (key) => !['name', 'keyPattern', 'expireAfterSeconds'].includes(key),
  )
  if (option || expireAfterSeconds === undefined) {
    throw new MongoError(72, 'collMod changes only expireAfterSeconds of an index here.')
  }
  const index = findIndex(collection, wanted)
  const before = index.document.expireAfterSeconds
  if (index.expireAfterSeconds === null && index.fields.length !== 1) {
    throw new MongoError(72, 'TTL indexes are single-field indexes.')
  }
  context.catalog.changeIndex(collection, index, parseIndexSpec({ ...index.document, expireAfterSeconds }))
  return {
    ...(before === undefined ? {} : { expireAfterSeconds_old: before }),
    expireAfterSeconds_new: expireAfterSeconds,
  }
}

function findIndex(collection: Collection, { name, keyPattern }: BsonDocument): CollectionIndex {
  if ((name === undefined) === (keyPattern === undefined)) {
    throw new MongoError(72, 'Must specify either index name or key pattern, and not both.')
  }
  const index = collection.indexes
    .slice(1)
    .find((one) => (name === undefined ? valuesEqual(one.document.key, keyPattern) : one.name === name))
  if (!index) throw new MongoError(27, `cannot find index for ns ${collection.namespace}`)
  return index
}
