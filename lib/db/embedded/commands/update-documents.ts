import { buildUpsert } from '#lib/db/embedded/commands/build-upsert'
import type { CommandContext } from '#lib/db/embedded/commands/command'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { findDocuments } from '#lib/db/embedded/query/find-documents'
import { parseSort } from '#lib/db/embedded/query/sort-key'
import type { Collection } from '#lib/db/embedded/storage/catalog'
import { insertDocument, replaceDocument } from '#lib/db/embedded/storage/write-document'
import { type CompiledUpdate, compileUpdate } from '#lib/db/embedded/update/compile-update'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'

export interface UpdateRequest {
  filter: BsonDocument
  update: unknown
  arrayFilters?: unknown
  multi: boolean
  upsert: boolean
  sort?: unknown
  hint?: unknown
  /** The command's `let`. */
  variables?: BsonDocument
}

export interface UpdateResult {
  matched: number
  modified: number
  /** Present when a document was inserted. */
  upsertedId?: unknown
  /** The last document that was changed or inserted, before and after. */
  before: BsonDocument | null
  after: BsonDocument | null
}

/** Finds and changes documents, or inserts one when none is found and `upsert` says so. */
export function updateDocuments(context: CommandContext, name: string, request: UpdateRequest): UpdateResult {
  const { filter, multi, upsert, hint, variables } = request
  const compiled = compileUpdate(request)
  if (multi && compiled.replacement)
    throw new MongoError(9, 'multi update is not supported for replacement-style update')
  const collection = upsert
    ? context.catalog.create(context.db, name)
    : context.catalog.find(context.db, name)
  const result: UpdateResult = { matched: 0, modified: 0, before: null, after: null }
  if (!collection) return result
  const find = { filter, sort: parseSort(request.sort), limit: multi ? 0 : 1, hint, variables }
  // Read first, then change: a changed document may move ahead of the search in the index it uses.
  for (const found of [...findDocuments(context, collection, find)]) {
    const after = compiled.apply(found.document, false)
    result.matched++
    result.before = found.document
    result.after = after
    if (encodeDocument(after).equals(found.bytes)) continue
    replaceDocument(context, collection, found, after)
    result.modified++
  }
  if (result.matched > 0 || !upsert) return result
  return insertUpsert(context, collection, filter, compiled)
}

function insertUpsert(
  context: CommandContext,
  collection: Collection,
  filter: BsonDocument,
  compiled: CompiledUpdate,
): UpdateResult {
  const document = compiled.apply(buildUpsert(filter, compiled.replacement), true)
  const upsertedId = insertDocument(context, collection, document, null)
  const after = Object.hasOwn(document, '_id') ? document : { _id: upsertedId, ...document }
  return { matched: 0, modified: 0, upsertedId, before: null, after }
}
