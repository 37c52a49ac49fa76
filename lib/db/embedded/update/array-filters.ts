import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** Tests of array elements by the identifier they have in `$[identifier]`. */
export type ArrayFilters = Map<string, (element: unknown) => boolean>

/** @throws FailedToParse, BadValue */
export function parseArrayFilters(given: unknown): ArrayFilters {
  const filters: ArrayFilters = new Map()
  if (given === undefined || given === null) return filters
  if (!Array.isArray(given)) throw new MongoError(14, "Expected field 'arrayFilters' to be an array")
  for (const filter of given) {
    if (!isDocument(filter)) throw new MongoError(14, 'Each array filter must be a document')
    const identifier = findIdentifier(filter)
    if (filters.has(identifier)) {
      throw new MongoError(9, `Found multiple array filters with the same top-level field name ${identifier}`)
    }
    const matches = compileFilter(filter)
    filters.set(identifier, (element) => matches({ [identifier]: element }))
  }
  return filters
}

function findIdentifier(filter: BsonDocument): string {
  const names = new Set(namesIn(filter))
  const [identifier] = names
  if (names.size !== 1 || !identifier || !/^[a-z][a-zA-Z0-9]*$/.test(identifier)) {
    throw new MongoError(
      9,
      'Each array filter must name exactly one identifier, starting with a small letter',
    )
  }
  return identifier
}

function namesIn(filter: BsonDocument): string[] {
  return Object.entries(filter).flatMap(([name, condition]) =>
    name.startsWith('$') && Array.isArray(condition)
      ? condition.filter(isDocument).flatMap(namesIn)
      : [name.split('.')[0] ?? ''],
  )
}
