import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import type { Batch } from '#lib/db/embedded/commands/cursors'
import { readCount, readDocument, refuseUnsupported } from '#lib/db/embedded/commands/read-arguments'
import { runStatements } from '#lib/db/embedded/commands/run-statements'
import { updateDocuments } from '#lib/db/embedded/commands/update-documents'
import { removeDocuments } from '#lib/db/embedded/commands/write-commands'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { insertDocument } from '#lib/db/embedded/storage/write-document'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { decodeDocument, encodeDocument } from '#lib/db/embedded/values/document-codec'
import { toFlag, toNumber } from '#lib/db/embedded/values/to-number'

/** Writes to several collections in one command (MongoDB 8.0, `client.bulkWrite` of drivers). */
export const bulkWrite: Command = { writes: true, run }

interface Totals {
  nInserted: number
  nMatched: number
  nModified: number
  nUpserted: number
  nDeleted: number
}

/** @throws Unauthorized, InvalidNamespace, InvalidLength; a write that fails is an entry of the reply's cursor. */
function run(command: BsonDocument, context: CommandContext): BsonDocument {
  if (context.db !== 'admin')
    throw new MongoError(13, 'bulkWrite may only be run against the admin database.')
  const namespaces = readNamespaces(command, context)
  const totals: Totals = { nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 }
  const results: BsonDocument[] = []
  const { writeErrors } = runStatements(command, context, 'ops', (operation, idx) => {
    results[idx] = { ok: 1, idx, ...runOperation(operation, namespaces, command, context, totals) }
  })
  const errors = (writeErrors.writeErrors ?? []) as BsonDocument[]
  for (const { index, ...error } of errors) {
    results[Number(index)] = { ok: 0, idx: index, n: 0, ...error }
  }
  const shown = toFlag(command.errorsOnly) ? results.filter(({ ok }) => ok === 0) : results.filter(Boolean)
  const namespace = 'admin.$cmd.bulkWrite'
  const batch = context.cursors.open({
    namespace,
    source: shown.map((result) => encodeDocument(result)).values(),
    batchSize: readCount(readDocument(command, 'cursor'), 'batchSize'),
    singleBatch: false,
  })
  // The results are all there, so it never pauses.
  const { id, documents } = batch as Batch
  return { cursor: { id, firstBatch: documents, ns: namespace }, nErrors: errors.length, ...totals }
}

interface Namespace {
  db: string
  name: string
}

function readNamespaces(command: BsonDocument, context: CommandContext): Namespace[] {
  const given = context.sequences.get('nsInfo')?.map(decodeDocument) ?? command.nsInfo
  if (!Array.isArray(given))
    throw new MongoError(40414, "BSON field 'bulkWrite.nsInfo' is missing but a required field")
  return given.map((info: unknown) => {
    const ns = isDocument(info) && typeof info.ns === 'string' ? info.ns : ''
    const dot = ns.indexOf('.')
    if (dot < 1) throw new MongoError(73, `Invalid namespace specified '${ns}'`)
    return { db: ns.slice(0, dot), name: ns.slice(dot + 1) }
  })
}

function runOperation(
  operation: BsonDocument,
  namespaces: Namespace[],
  command: BsonDocument,
  context: CommandContext,
  totals: Totals,
): BsonDocument {
  refuseUnsupported(operation)
  const [kind = '', position] = Object.entries(operation)[0] ?? []
  const namespace = namespaces[toNumber(position) ?? -1]
  if (!namespace) throw new MongoError(2, `BulkWrite ops entry ${kind} has an invalid nsInfo index.`)
  const { db, name } = namespace
  const here: CommandContext = { ...context, db }
  const variables = readDocument(command, 'let')
  switch (kind) {
    case 'insert':
      insertDocument(here, context.catalog.create(db, name), readDocument(operation, 'document'), null)
      totals.nInserted++
      return { n: 1 }
    case 'update':
      return runUpdate(operation, here, { name, variables, totals })
    case 'delete': {
      const limit = toFlag(operation.multi) ? 0 : 1
      const filter = readDocument(operation, 'filter')
      const n = removeDocuments(here, name, { filter, limit, hint: operation.hint, variables })
      totals.nDeleted += n
      return { n }
    }
    default:
      throw new MongoError(9, `Unknown bulkWrite operation '${kind}'`)
  }
}

function runUpdate(
  operation: BsonDocument,
  context: CommandContext,
  { name, variables, totals }: { name: string; variables: BsonDocument; totals: Totals },
): BsonDocument {
  const { arrayFilters, sort, hint, updateMods } = operation
  const result = updateDocuments(context, name, {
    filter: readDocument(operation, 'filter'),
    update: updateMods,
    arrayFilters,
    sort,
    hint,
    variables,
    multi: toFlag(operation.multi),
    upsert: toFlag(operation.upsert),
  })
  totals.nMatched += result.matched
  totals.nModified += result.modified
  if (result.upsertedId === undefined) return { n: result.matched, nModified: result.modified }
  totals.nUpserted++
  return { n: 1, nModified: 0, upserted: { _id: result.upsertedId } }
}
