import { MongoError } from '#lib/db/embedded/mongo-error'
import { isOperatorDocument } from '#lib/db/embedded/query/compile-filter'
import { isRegex } from '#lib/db/embedded/query/compile-regex'
import { changeAtPath } from '#lib/db/embedded/update/change-at-path'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/**
 * What an upsert starts from: the fields the filter demands to be equal to something. A replacement takes only `_id`.
 * @throws NotSingleValueField when the filter demands two values of one field.
 */
export function buildUpsert(filter: BsonDocument, replacement: boolean): BsonDocument {
  const document: BsonDocument = {}
  const values = new Map<string, unknown>()
  collect(filter, values)
  for (const [path, value] of values) {
    if (replacement && path !== '_id') continue
    changeAtPath({
      document,
      parts: path.split('.'),
      creates: true,
      change: () => value,
      arrayFilters: new Map(),
      findPosition: () => null,
    })
  }
  return document
}

function collect(filter: BsonDocument, values: Map<string, unknown>): void {
  for (const [name, condition] of Object.entries(filter)) {
    if ((name === '$and' || (name === '$or' && isSingle(condition))) && Array.isArray(condition)) {
      for (const part of condition) if (isDocument(part)) collect(part, values)
    } else if (!name.startsWith('$')) {
      const value = findEquality(condition)
      if (value === undefined) continue
      if (values.has(name)) {
        throw new MongoError(54, `cannot infer query fields to set, path '${name}' is matched twice`)
      }
      values.set(name, value)
    }
  }
}

function isSingle(condition: unknown): boolean {
  return Array.isArray(condition) && condition.length === 1
}

function findEquality(condition: unknown): unknown {
  if (isRegex(condition)) return undefined
  if (!isOperatorDocument(condition)) return condition
  if (Object.hasOwn(condition, '$eq')) return condition.$eq
  const { $in, $all } = condition
  if (Array.isArray($in) && $in.length === 1 && !isRegex($in[0])) return $in[0]
  return Array.isArray($all) && $all.length === 1 ? $all[0] : undefined
}
