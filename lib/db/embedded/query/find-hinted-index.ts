import { MongoError } from '#lib/db/embedded/mongo-error'
import type { CollectionIndex } from '#lib/db/embedded/storage/catalog'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { valuesEqual } from '#lib/db/embedded/values/compare-values'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** What a hint asks for: an index, or the documents in the order they are stored, or nothing in particular. */
export type Hint = { index: CollectionIndex } | { natural: 'forward' | 'backward' } | null

/**
 * Reads `hint`: an index by its name or its keys, or `{$natural: ±1}`.
 * @throws BadValue when there is no such index, as MongoDB does; a hint is never ignored.
 */
export function findHintedIndex(indexes: CollectionIndex[], hint: unknown): Hint {
  if (hint === undefined || hint === null || hint === '') return null
  if (typeof hint === 'string') return requireIndex(indexes.find(({ name }) => name === hint))
  if (!isDocument(hint)) throw new MongoError(9, "Failed to parse: 'hint' must be a string or an object")
  if (Object.keys(hint).length === 0) return null
  const natural = findNatural(hint)
  if (natural) return { natural }
  return requireIndex(indexes.find(({ document }) => sameKeys(document.key, hint)))
}

/** The direction of `{$natural: ±1}`, which is a hint and a sort; null for everything else. */
export function findNatural(given: unknown): 'forward' | 'backward' | null {
  if (!isDocument(given) || !Object.hasOwn(given, '$natural')) return null
  const direction = toNumber(given.$natural)
  if (Object.keys(given).length > 1 || (direction !== 1 && direction !== -1)) {
    throw new MongoError(2, '$natural must be 1 or -1, and cannot be combined with other fields')
  }
  return direction > 0 ? 'forward' : 'backward'
}

function sameKeys(key: unknown, hint: BsonDocument): boolean {
  return isDocument(key) && valuesEqual(key, hint)
}

function requireIndex(index: CollectionIndex | undefined): Hint {
  if (index) return { index }
  throw new MongoError(
    2,
    'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
  )
}
