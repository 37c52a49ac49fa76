import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** A document argument; `{}` when it is not given. @throws TypeMismatch */
export function readDocument(command: BsonDocument, name: string): BsonDocument {
  const value = command[name]
  if (value === undefined || value === null) return {}
  if (isDocument(value)) return value
  throw new MongoError(
    14,
    `BSON field '${name}' is the wrong type '${bsonTypeName(value)}', expected type 'object'`,
  )
}

/** A count such as limit, skip, batchSize; null when it is not given. @throws TypeMismatch, BadValue */
export function readCount(command: BsonDocument, name: string): number | null {
  const value = command[name]
  if (value === undefined || value === null) return null
  const number = toNumber(value)
  if (number === null) {
    throw new MongoError(
      14,
      `BSON field '${name}' is the wrong type '${bsonTypeName(value)}', expected type 'number'`,
    )
  }
  if (number < 0)
    throw new MongoError(51024, `BSON field '${name}' value must be >= 0, actual value '${number}'`)
  return Math.trunc(number)
}

/** The collection a command names as its first field. @throws InvalidNamespace */
export function readCollectionName(command: BsonDocument): string {
  const [name] = Object.values(command)
  if (typeof name === 'string' && name !== '') return name
  throw new MongoError(73, 'collection name has invalid type or is empty')
}

/** Options that change what is found must be refused, not ignored. @throws BadValue, InvalidOptions */
export function refuseUnsupported(command: BsonDocument): void {
  const { collation, min, max, tailable } = command
  if (isDocument(collation) && Object.keys(collation).length > 0 && collation.locale !== 'simple') {
    throw new MongoError(
      2,
      'Collations are not supported by the embedded database. Set MONGODB_URI to use them.',
    )
  }
  if (tailable === true)
    throw new MongoError(2, 'Tailable cursors are not supported by the embedded database.')
  if ((isDocument(min) && Object.keys(min).length > 0) || (isDocument(max) && Object.keys(max).length > 0)) {
    throw new MongoError(2, 'min and max are not supported by the embedded database.')
  }
}
