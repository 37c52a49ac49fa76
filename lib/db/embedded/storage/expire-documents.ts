import { findDocuments } from '#lib/db/embedded/query/find-documents'
import type { Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import { removeDocument, type Tables } from '#lib/db/embedded/storage/write-document'

/** At most so many at a time, so that requests are not kept waiting; the next sweep goes on. */
const REMOVED_MAX = 1000

/** Removes documents whose TTL index says they are over. Call it inside a transaction. @returns how many */
export function expireDocuments(tables: Tables, now: Date = new Date()): number {
  let removed = 0
  for (const collection of tables.catalog.list()) {
    for (const index of collection.indexes) {
      if (index.expireAfterSeconds !== null) removed += expire(tables, collection, index, now)
    }
  }
  return removed
}

function expire(tables: Tables, collection: Collection, index: CollectionIndex, now: Date): number {
  const path = index.fields[0]?.path ?? ''
  const limit = new Date(now.getTime() - (index.expireAfterSeconds ?? 0) * 1000)
  // Of several dates in an array the earliest counts, which is what $lte on an array finds.
  const filter = { ...index.partial?.filter, $and: [{ [path]: { $lte: limit } }] }
  const found = [...findDocuments(tables, collection, { filter, limit: REMOVED_MAX })]
  for (const document of found) removeDocument(tables, collection, document)
  return found.length
}
