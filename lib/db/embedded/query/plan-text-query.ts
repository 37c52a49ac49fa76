import { MongoError } from '#lib/db/embedded/mongo-error'
import { planQuery, type QueryPlan } from '#lib/db/embedded/query/plan-query'
import type { SortField } from '#lib/db/embedded/query/sort-key'
import type { Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { Store } from '#lib/db/embedded/storage/open-store'
import type { TextSearch } from '#lib/db/embedded/text/parse-text-search'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import { buildTextMatch, countTextMatches } from '#lib/db/embedded/text/text-index'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** So many documents are read and sorted sooner than an index is gone through for them. */
const FEW = 40

interface TextQuery {
  search: TextSearch
  /** The filter without its `$text`. */
  filter: BsonDocument
  sort?: SortField[]
  hint?: unknown
}

/**
 * How a query with `$text` is answered: by the text index; where that finds many, by the index that the rest of the
 * query would use, as far as the text index has its entries too. It may have the wanted order, or narrow more.
 * @throws IndexNotFound, BadValue for a hint
 */
export function planTextQuery(store: Store, collection: Collection, query: TextQuery): QueryPlan {
  const { search, filter, sort = [], hint } = query
  const index = findTextIndex(collection.indexes)
  if (hint !== undefined && hint !== null) {
    throw new MongoError(2, 'text and hint not allowed in same query')
  }
  const text = { index, match: buildTextMatch(search) }
  const direct: QueryPlan = { index: null, ranges: [], reverse: false, sorted: sort.length === 0, text }
  if (text.match === null) return direct
  const other = planQuery(
    collection.indexes.filter(({ text: texts }) => !texts),
    filter,
    sort,
  )
  if (!other.index) return direct
  return countTextMatches(store, index, text.match, FEW + 1) > FEW ? { ...other, text } : direct
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
