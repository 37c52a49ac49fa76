import { writeField } from '#lib/db/embedded/query/field-path'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { keepOrder } from '#lib/db/embedded/values/field-order'

/** A copy of documents and arrays; the values in them are never changed in place. */
export function cloneValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneValue)
  if (!isDocument(value)) return value
  const copy: BsonDocument = {}
  for (const [name, field] of Object.entries(value)) writeField(copy, name, cloneValue(field))
  return keepOrder(value, copy)
}
