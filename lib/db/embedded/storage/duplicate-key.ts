import { MongoError } from '#lib/db/embedded/mongo-error'
import { findKeyRow } from '#lib/db/embedded/storage/build-index-keys'
import type { Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import { type BsonDocument, bsonClass, isDocument } from '#lib/db/embedded/values/bson-type'

/** The error as MongoDB words it; mongoose and applications read `keyPattern` and `keyValue`, some the text. */
export function buildDuplicateKeyError(
  collection: Collection,
  index: CollectionIndex,
  document: BsonDocument,
  key: Buffer,
): MongoError {
  const values = findKeyRow(index, document, key)
  const keyValue: BsonDocument = {}
  index.fields.forEach(({ path }, i) => {
    keyValue[path] = values[i]
  })
  return new MongoError(
    11000,
    `E11000 duplicate key error collection: ${collection.namespace} index: ${index.name} dup key: ${show(keyValue)}`,
    { keyPattern: index.document.key, keyValue },
  )
}

/** A value as MongoDB's shell-like texts show it. */
function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (value === null || value === undefined) return 'null'
  if (value instanceof Date) return `new Date(${value.getTime()})`
  if (Array.isArray(value)) return `[ ${value.map(show).join(', ')} ]`
  if (isDocument(value)) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`)
    return fields.length > 0 ? `{ ${fields.join(', ')} }` : '{}'
  }
  return bsonClass(value) === 'ObjectId' ? `ObjectId('${String(value)}')` : String(value)
}
