import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { findHintedIndex } from '#lib/db/embedded/query/find-hinted-index'
import { planQuery, type QueryPlan } from '#lib/db/embedded/query/plan-query'
import { readCandidates } from '#lib/db/embedded/query/read-candidates'
import { buildSortKey, type SortField } from '#lib/db/embedded/query/sort-key'
import type { Collection } from '#lib/db/embedded/storage/catalog'
import type { Tables } from '#lib/db/embedded/storage/write-document'
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
  /** Called for each document that is tested against the filter. */
  onExamined?: () => void
}

/** The documents of a query in their order, read as they are asked for; a sort without an index reads all first. */
export function findDocuments(tables: Tables, collection: Collection, find: Find): Generator<FoundDocument> {
  const { filter, sort = [], skip = 0, limit = 0, variables, onExamined } = find
  const plan = planFind(collection, find)
  const test = compileFilter(filter)
  const matches = (document: BsonDocument) => {
    onExamined?.()
    return test(document, variables)
  }
  const found = match(readCandidates(tables.store, collection, plan), matches)
  const ordered = plan.sorted ? found : sortFound(tables, collection, found, sort)
  return cut(ordered, skip, limit)
}

/** How a query of this collection is answered. @throws BadValue for a hint that names no index */
export function planFind(collection: Collection, { filter, sort = [], hint }: Find): QueryPlan {
  return planQuery(collection.indexes, filter, sort, findHintedIndex(collection.indexes, hint))
}

function* match(
  candidates: Generator<{ rid: number; bytes: Uint8Array }>,
  matches: (document: BsonDocument) => boolean,
): Generator<FoundDocument> {
  for (const { rid, bytes } of candidates) {
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
): Generator<FoundDocument> {
  const entries: { key: Buffer; rid: number }[] = []
  for (const { rid, document } of found) entries.push({ key: buildSortKey(document, sort), rid })
  entries.sort((a, b) => Buffer.compare(a.key, b.key) || a.rid - b.rid)
  const read = tables.store.prepare(`SELECT doc FROM ${collection.table} WHERE rid = ?`)
  for (const { rid } of entries) {
    const row = read.get(rid) as { doc: Uint8Array } | undefined
    if (row) yield { rid, document: decodeDocument(row.doc), bytes: row.doc }
  }
}

function* cut<T>(items: Generator<T>, skip: number, limit: number): Generator<T> {
  let seen = 0
  for (const item of items) {
    seen++
    if (seen <= skip) continue
    yield item
    if (limit > 0 && seen >= skip + limit) return
  }
}
