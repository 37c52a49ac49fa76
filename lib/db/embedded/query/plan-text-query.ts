import { MongoError } from '#lib/db/embedded/mongo-error'
import type { QueryPlan } from '#lib/db/embedded/query/plan-query'
import type { SortField } from '#lib/db/embedded/query/sort-key'
import type { CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { TextSearch } from '#lib/db/embedded/text/parse-text-search'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** How a query with `$text` is answered: always by the text index. @throws IndexNotFound, BadValue for a hint */
export function planTextQuery(
  indexes: CollectionIndex[],
  { indexWords }: TextSearch,
  sort: SortField[],
  hint: unknown,
): QueryPlan {
  const index = findTextIndex(indexes)
  if (hint !== undefined && hint !== null) {
    throw new MongoError(2, 'text and hint not allowed in same query')
  }
  return { index, ranges: [], reverse: false, sorted: sort.length === 0, words: indexWords }
}

/** Refuses a filter with `$text` where there is no text index, as MongoDB does even of an empty result. @throws IndexNotFound */
export function requireTextIndex(indexes: CollectionIndex[], filter: BsonDocument): void {
  if (splitTextSearch(filter).search) findTextIndex(indexes)
}

function findTextIndex(indexes: CollectionIndex[]): CollectionIndex {
  const index = indexes.find(({ text }) => text)
  if (!index) throw new MongoError(27, 'text index required for $text query')
  return index
}
