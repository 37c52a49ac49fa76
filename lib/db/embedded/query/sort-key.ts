import { MongoError } from '#lib/db/embedded/mongo-error'
import { collectValues, MISSING } from '#lib/db/embedded/query/field-path'
import { getTextScore, usesTextScore } from '#lib/db/embedded/text/text-score'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeKey } from '#lib/db/embedded/values/encode-key'
import { toNumber } from '#lib/db/embedded/values/to-number'

export interface SortField {
  path: string
  parts: string[]
  descending: boolean
  /** `{$meta: 'textScore'}`: by how well the document fits the `$text`, not by a field. */
  byTextScore?: boolean
}

/** A sort specification in its order; empty when there is none. @throws BadValue */
export function parseSort(sort: unknown): SortField[] {
  if (sort === undefined || sort === null) return []
  if (!isDocument(sort)) throw new MongoError(14, "Expected field 'sort' to be of type object")
  return Object.entries(sort).map(([path, kind]) => {
    if (usesTextScore(kind)) return { path, parts: [], descending: true, byTextScore: true }
    const direction = toNumber(kind)
    if (direction !== 1 && direction !== -1) {
      throw new MongoError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)')
    }
    return { path, parts: path.split('.'), descending: direction < 0 }
  })
}

/** Bytes whose order is the wanted order of documents: of an array the smallest or, descending, the largest element. */
export function buildSortKey(document: BsonDocument, fields: SortField[]): Buffer {
  const keys = fields.map(({ parts, descending, byTextScore }) => {
    if (byTextScore) return encodeKey(getTextScore(document), descending)
    let first: Buffer | null = null
    for (const value of collectValues(document, parts)) {
      for (const item of expandArray(value)) {
        const key = encodeKey(item === MISSING ? null : item, descending)
        if (!first || Buffer.compare(key, first) < 0) first = key
      }
    }
    return first ?? encodeKey(null, descending)
  })
  return keys.length === 1 ? (keys[0] as Buffer) : Buffer.concat(keys)
}

function expandArray(value: unknown): unknown[] {
  if (!Array.isArray(value)) return [value]
  return value.length === 0 ? [undefined] : value
}
