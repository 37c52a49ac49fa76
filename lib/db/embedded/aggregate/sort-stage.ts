import { calculateObjectSize } from 'bson'
import type { Documents, Stage } from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { PAUSE } from '#lib/db/embedded/query/pause'
import { buildSortKey, parseSort, type SortField } from '#lib/db/embedded/query/sort-key'
import { type ItemCodec, sortItems } from '#lib/db/embedded/query/sorter'
import { findTextScore, setTextScore } from '#lib/db/embedded/text/text-score'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { decodeDocument, encodeDocument } from '#lib/db/embedded/values/document-codec'

/** `$sort` of documents that come from other stages. @throws 15976; 292 when it is too large and may not use the disk */
export function buildSort(argument: unknown, allowDiskUse: boolean): Stage {
  const fields = parseSort(argument)
  if (fields.length === 0) throw new MongoError(15976, '$sort stage must have at least one sort key')
  return function* (input) {
    for (const document of sortItems(keyDocuments(input, fields), DOCUMENT_CODEC, { allowDiskUse })) {
      yield document ?? PAUSE
    }
  }
}

function* keyDocuments(input: Documents, fields: SortField[]) {
  for (const document of input) {
    yield document === PAUSE ? null : { key: buildSortKey(document, fields), item: document }
  }
}

/** The score goes along in front of the document; NaN when it has none. */
const DOCUMENT_CODEC: ItemCodec<BsonDocument> = {
  sizeBytes: (document) => calculateObjectSize(document, { ignoreUndefined: true }),
  encode(document) {
    const score = Buffer.alloc(8)
    score.writeDoubleLE(findTextScore(document) ?? Number.NaN)
    return Buffer.concat([score, encodeDocument(document)])
  },
  decode(bytes) {
    const document = decodeDocument(bytes.subarray(8))
    const score = Buffer.from(bytes.subarray(0, 8)).readDoubleLE()
    if (!Number.isNaN(score)) setTextScore(document, score)
    return document
  },
}
