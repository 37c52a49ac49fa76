import { ACCUMULATORS } from '#lib/db/embedded/aggregate/accumulators'
import { isNothing, type Operator } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { writeField } from '#lib/db/embedded/query/field-path'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** Operators on documents, and accumulators used on the values of one document. */
export const OBJECT_OPERATORS: Record<string, Operator> = {
  $mergeObjects: { min: 0, run: (values) => accumulate('$mergeObjects', values) },
  $objectToArray: { min: 1, max: 1, run: ([value]) => listFields(value) },
  $arrayToObject: { min: 1, max: 1, run: ([value]) => joinFields(value) },
  $sum: { min: 0, run: (values) => accumulate('$sum', elements(values)) },
  $avg: { min: 0, run: (values) => accumulate('$avg', elements(values)) },
  $min: { min: 0, run: (values) => accumulate('$min', elements(values)) },
  $max: { min: 0, run: (values) => accumulate('$max', elements(values)) },
}

/** One array stands for its elements; several arguments for themselves. */
function elements(values: unknown[]): unknown[] {
  const [only] = values
  return values.length === 1 && Array.isArray(only) ? only : values
}

function accumulate(name: string, values: unknown[]): unknown {
  const accumulator = ACCUMULATORS[name]?.()
  for (const value of values) accumulator?.add(value)
  return accumulator?.result() ?? null
}

function listFields(value: unknown): unknown {
  if (isNothing(value)) return null
  if (!isDocument(value)) {
    throw new MongoError(40390, `$objectToArray requires a document input, found: ${bsonTypeName(value)}`)
  }
  return Object.entries(value).map(([k, v]) => ({ k, v }))
}

function joinFields(value: unknown): unknown {
  if (isNothing(value)) return null
  if (!Array.isArray(value)) {
    throw new MongoError(40386, `$arrayToObject requires an array input, found: ${bsonTypeName(value)}`)
  }
  const result: BsonDocument = {}
  for (const item of value) {
    const [name, field] = Array.isArray(item) ? item : isDocument(item) ? [item.k, item.v] : []
    if (typeof name !== 'string' || field === undefined) {
      throw new MongoError(40398, '$arrayToObject requires [name, value] or {k: name, v: value} as elements')
    }
    writeField(result, name, field)
  }
  return result
}
