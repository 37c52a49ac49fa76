import type { Double, Int32, Long } from 'bson'
import { type BsonDocument, bsonClass, isDocument } from '#lib/db/embedded/values/bson-type'

/** The value with JavaScript numbers in place of Int32, Double and safe Longs. */
export function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain)
  if (isDocument(value)) {
    const result: BsonDocument = {}
    for (const [name, field] of Object.entries(value)) result[name] = toPlain(field)
    return result
  }
  switch (bsonClass(value)) {
    case 'Int32':
    case 'Double':
      return (value as Int32 | Double).valueOf()
    case 'Long': {
      const number = (value as Long).toNumber()
      return Number.isSafeInteger(number) ? number : value
    }
    default:
      return value
  }
}
