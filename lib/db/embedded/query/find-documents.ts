import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { findHintedIndex } from '#lib/db/embedded/query/find-hinted-index'
import { createPauses, PAUSE, PAUSE_BYTES } from '#lib/db/embedded/query/pause'
import { planQuery, type QueryPlan } from '#lib/db/embedded/query/plan-query'
import { planTextQuery } from '#lib/db/embedded/query/plan-text-query'
import { readCandidates } from '#lib/db/embedded/query/read-candidates'
import { buildSortKey, type SortField } from '#lib/db/embedded/query/sort-key'
import { type ItemCodec, type SortOptions, sortItems } from '#lib/db/embedded/query/sorter'
import type { Collection } from '#lib/db/embedded/storage/catalog'
import type { Tables } from '#lib/db/embedded/storage/write-document'
import { matchesText, scoreText } from '#lib/db/embedded/text/score-text'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import { getTextScore, noTextScore, setTextScore } from '#lib/db/embedded/text/text-score'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { decodeDocument } from '#lib/db/embedded/values/document-codec'

export interface FoundDocument {
  rid: number
  document: BsonDocument
  /** The stored bytes, so that an answer without projection needs no encoding. */
  bytes: Uint8Array
}

export interface Find {
  filter: BsonDocument
  sort?: SortField[]
  skip?: number
  /** 0 is no limit. */
  limit?: number
  /** As the command has it: an index's name or keys, or `$natural`. */
  hint?: unknown
  /** The command's `let`, for `$expr`. */
  variables?: BsonDocument
  /** Documents carry their `textScore`; a sort by it says so by itself. */
  scored?: boolean
  /** False: a sort that does not fit into memory fails. */
  allowDiskUse?: boolean
  /** Long searches hand out PAUSE_FOUND now and then, which is no document. */
  pauses?: boolean
  /** Called for each document that is tested against the filter. */
  onExamined?: () => void
}

/** PAUSE among found documents. */
export const PAUSE_FOUND: FoundDocument = { rid: 0, document: PAUSE, bytes: PAUSE_BYTES }

/** The documents of a query in their order, read as they are asked for; a sort without an index reads all first. @throws 292 */
export function findDocuments(tables: Tables, collection: Collection, find: Find): Generator<FoundDocument> {
  const { filter, sort = [], skip = 0, limit = 0, variables, onExamined } = find
  const plan = planFind(tables, collection, find)
  const { search, rest } = splitTextSearch(filter)
  const test = compileFilter(rest)
  const scored = find.scored || sort.some(({ byTextScore }) => byTextScore)
  if (scored && !search) throw noTextScore()
  const covered = plan.text?.index.text ?? null
  const matches = (document: BsonDocument) => {
    onExamined?.()
    if (!test(document, variables)) return false
    if (!search || !covered) return true
    if (!matchesText(covered, search, document)) return false
    if (scored) setTextScore(document, scoreText(covered, search, document))
    return true
  }
  const found = match(readCandidates(tables.store, collection, plan), matches, find.pauses === true)
  const ordered = plan.sorted
    ? found
    : sortFound(tables, collection, found, sort, {
        limit: limit > 0 ? skip + limit : 0,
        allowDiskUse: find.allowDiskUse ?? true,
        scored: scored === true,
      })
  return cut(ordered, skip, limit)
}

/** How a query of this collection is answered. @throws BadValue for a hint that names no index */
export function planFind(tables: Tables, collection: Collection, find: Find): QueryPlan {
  const { filter, sort = [], hint } = find
  const { search, rest } = splitTextSearch(filter)
  if (search) return planTextQuery(tables.store, collection, { ...find, filter: rest, search })
  const indexes = collection.indexes.filter(({ text }) => !text)
  return planQuery(indexes, filter, sort, findHintedIndex(indexes, hint))
}

function* match(
  candidates: Generator<{ rid: number; bytes: Uint8Array }>,
  matches: (document: BsonDocument) => boolean,
  pauses: boolean,
): Generator<FoundDocument> {
  const isTime = pauses ? createPauses() : () => false
  for (const { rid, bytes } of candidates) {
    if (isTime()) yield PAUSE_FOUND
    const document = decodeDocument(bytes)
    if (matches(document)) yield { rid, document, bytes }
  }
}

/** Sorts by keys and row numbers only, and reads each document again when its turn comes: memory stays small. */
function* sortFound(
  tables: Tables,
  collection: Collection,
  found: Generator<FoundDocument>,
  sort: SortField[],
  options: SortOptions & { scored: boolean },
): Generator<FoundDocument> {
  const places = sortItems(keyPlaces(found, sort, options.scored), PLACE_CODEC, options)
  const read = tables.store.prepare(`SELECT doc FROM ${collection.table} WHERE rid = ?`)
  for (const place of places) {
    if (place === null) {
      yield PAUSE_FOUND
      continue
    }
    const { rid, score } = place
    const row = read.get(rid) as { doc: Uint8Array } | undefined
    if (!row) continue
    const document = decodeDocument(row.doc)
    if (options.scored) setTextScore(document, score)
    yield { rid, document, bytes: row.doc }
  }
}

interface Place {
  rid: number
  score: number
}

function* keyPlaces(found: Generator<FoundDocument>, sort: SortField[], scored: boolean) {
  for (const one of found) {
    if (one === PAUSE_FOUND) {
      yield null
      continue
    }
    const { rid, document } = one
    const score = scored ? getTextScore(document) : 0
    yield { key: buildSortKey(document, sort), item: { rid, score } }
  }
}

const PLACE_CODEC: ItemCodec<Place> = {
  sizeBytes: () => 16,
  encode: ({ rid, score }) => new Uint8Array(Float64Array.of(rid, score).buffer),
  decode(bytes) {
    const [rid = 0, score = 0] = new Float64Array(bytes.slice().buffer)
    return { rid, score }
  },
}

function* cut(items: Generator<FoundDocument>, skip: number, limit: number): Generator<FoundDocument> {
  let seen = 0
  for (const item of items) {
    if (item === PAUSE_FOUND) {
      yield item
      continue
    }
    seen++
    if (seen <= skip) continue
    yield item
    if (limit > 0 && seen >= skip + limit) return
  }
}
