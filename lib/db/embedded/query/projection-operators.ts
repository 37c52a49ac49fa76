import { MongoError } from '#lib/db/embedded/mongo-error'
import { findMatchedIndex } from '#lib/db/embedded/query/matched-index'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** The positional `$` of a projection: the first element the filter matched. @throws 51246 */
export function pickPositional(
  items: unknown[],
  root: BsonDocument,
  path: string,
  filter: BsonDocument,
): unknown {
  const index = findMatchedIndex(filter, root, path)
  if (index === null) {
    throw new MongoError(
      51246,
      "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
    )
  }
  return [items[index]]
}

/** `$slice` of a find projection: a count, or a place and a count. @throws 28667, 28724 */
export function parseSlice(argument: unknown): (items: unknown[]) => unknown {
  const [first, second] = (Array.isArray(argument) ? argument : [argument]).map((part) => toNumber(part))
  if (first === null || first === undefined || second === null) {
    throw new MongoError(
      28667,
      'Invalid $slice syntax. The given syntax did not match the find() or expression syntax.',
    )
  }
  if (second === undefined) return (items) => (first < 0 ? items.slice(first) : items.slice(0, first))
  if (second <= 0) throw new MongoError(28724, 'First argument to $slice must be positive')
  return (items) => {
    const start = first < 0 ? Math.max(items.length + first, 0) : first
    return items.slice(start, start + second)
  }
}
