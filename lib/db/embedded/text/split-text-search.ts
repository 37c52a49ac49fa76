import { MongoError } from '#lib/db/embedded/mongo-error'
import { parseTextSearch, type TextSearch } from '#lib/db/embedded/text/parse-text-search'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/**
 * Takes `$text` out of a filter, where it stands at the top or under `$and`.
 * @returns the search, and the filter without it
 * @throws BadValue for a second one; NoQueryExecutionPlans under `$or`
 */
export function splitTextSearch(filter: BsonDocument): { search: TextSearch | null; rest: BsonDocument } {
  const found: TextSearch[] = []
  const rest = takeOut(filter, found)
  if (found.length > 1) throw new MongoError(2, 'Too many text expressions')
  return { search: found[0] ?? null, rest }
}

function takeOut(filter: BsonDocument, found: TextSearch[]): BsonDocument {
  // Most filters have none, and are not copied.
  if (!mentionsText(filter)) return filter
  const rest: BsonDocument = {}
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$text') found.push(parseTextSearch(condition))
    else if (name === '$and' && Array.isArray(condition)) {
      const parts = condition.map((part) => (isDocument(part) ? takeOut(part, found) : part))
      rest.$and = parts
    } else {
      if (name === '$or' && mentionsText({ $and: condition })) {
        throw new MongoError(
          291,
          'Failed to produce a solution for TEXT under OR: text search inside $or is not supported here.',
        )
      }
      rest[name] = condition
    }
  }
  return rest
}

/** `$text` elsewhere, such as under `$nor` or `$elemMatch`, is refused where the rest of the filter is compiled. */
function mentionsText(filter: BsonDocument): boolean {
  return Object.entries(filter).some(
    ([name, condition]) =>
      name === '$text' ||
      ((name === '$and' || name === '$or') &&
        Array.isArray(condition) &&
        condition.some((part) => isDocument(part) && mentionsText(part))),
  )
}
