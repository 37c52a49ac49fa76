import { type Command, type CommandContext, thenReply } from '#lib/db/embedded/commands/command'
import {
  readCollectionName,
  readCount,
  readDocument,
  refuseUnsupported,
} from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { compileProjection } from '#lib/db/embedded/query/compile-projection'
import { collectValues, MISSING } from '#lib/db/embedded/query/field-path'
import { type FoundDocument, findDocuments, PAUSE_FOUND } from '#lib/db/embedded/query/find-documents'
import { findNatural } from '#lib/db/embedded/query/find-hinted-index'
import { PAUSE, runInTurns } from '#lib/db/embedded/query/pause'
import { requireTextIndex } from '#lib/db/embedded/query/plan-text-query'
import { parseSort } from '#lib/db/embedded/query/sort-key'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import { usesTextScore } from '#lib/db/embedded/text/text-score'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'
import { encodeKey } from '#lib/db/embedded/values/encode-key'
import { toFlag, toNumber } from '#lib/db/embedded/values/to-number'

export const READ_COMMANDS: Record<string, Command> = {
  find: { writes: false, run: find },
  getMore: { writes: false, run: getMore },
  killCursors: { writes: false, run: killCursors },
  count: { writes: false, run: count },
  distinct: { writes: false, run: distinct },
}

function find(command: BsonDocument, context: CommandContext): BsonDocument | Promise<BsonDocument> {
  refuseUnsupported(command)
  const name = readCollectionName(command)
  const filter = readDocument(command, 'filter')
  const projection = readDocument(command, 'projection')
  const project = compileProjection(projection, filter)
  const natural = findNatural(command.sort)
  const sort = natural ? [] : parseSort(command.sort)
  const hint = natural ? command.sort : command.hint
  const variables = readDocument(command, 'let')
  const [skip, limit] = [readCount(command, 'skip') ?? 0, readCount(command, 'limit') ?? 0]
  const batchSize = readCount(command, 'batchSize')
  const collection = context.catalog.find(context.db, name)
  if (natural && splitTextSearch(filter).search) {
    throw new MongoError(2, 'text expression not allowed with $natural sort order')
  }
  if (!collection) requireTextIndex([], filter)
  if (!collection) compileFilter(filter)
  const found = collection
    ? findDocuments(context, collection, {
        filter,
        sort,
        skip,
        limit,
        hint,
        variables,
        scored: usesTextScore(projection),
        allowDiskUse: command.allowDiskUse !== false,
        pauses: true,
      })
    : []
  const namespace = `${context.db}.${name}`
  const batch = context.cursors.open({
    namespace,
    source: encodeFound(found, project),
    batchSize,
    singleBatch: toFlag(command.singleBatch),
  })
  return thenReply(batch, ({ id, documents }) => ({ cursor: { firstBatch: documents, id, ns: namespace } }))
}

function* encodeFound(
  found: Iterable<FoundDocument>,
  project: ((document: BsonDocument) => BsonDocument) | null,
): Generator<Uint8Array> {
  for (const { document, bytes } of found) {
    yield project && document !== PAUSE ? encodeDocument(project(document)) : bytes
  }
}

function getMore(command: BsonDocument, context: CommandContext): BsonDocument | Promise<BsonDocument> {
  if (typeof command.collection !== 'string')
    throw new MongoError(73, 'getMore needs the name of a collection')
  const namespace = `${context.db}.${command.collection}`
  const batch = context.cursors.next(command.getMore, namespace, readCount(command, 'batchSize'))
  return thenReply(batch, ({ id, documents }) => ({ cursor: { nextBatch: documents, id, ns: namespace } }))
}

function killCursors(command: BsonDocument, context: CommandContext): BsonDocument {
  const ids = Array.isArray(command.cursors) ? command.cursors : []
  const { killed, missing } = context.cursors.kill(ids)
  return { cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [] }
}

function count(command: BsonDocument, context: CommandContext): BsonDocument | Promise<BsonDocument> {
  refuseUnsupported(command)
  const filter = readDocument(command, 'query')
  const skip = readCount(command, 'skip') ?? 0
  // A negative limit counts as its absolute value.
  const limit = Math.abs(toNumber(command.limit) ?? 0)
  const collection = context.catalog.find(context.db, readCollectionName(command))
  if (!collection) {
    requireTextIndex([], filter)
    return { n: 0 }
  }
  if (Object.keys(filter).length === 0) {
    const row = context.store.prepare(`SELECT count(*) AS n FROM ${collection.table}`).get() as { n: number }
    const rest = Math.max(row.n - skip, 0)
    return { n: limit > 0 ? Math.min(rest, limit) : rest }
  }
  const { hint } = command
  const found = findDocuments(context, collection, { filter, skip, limit, hint, pauses: true })
  return thenReply(runInTurns(countFound(found)), (n) => ({ n }))
}

function* countFound(found: Iterable<FoundDocument>): Generator<void, number> {
  let n = 0
  for (const one of found) {
    if (one === PAUSE_FOUND) yield
    else n++
  }
  return n
}

function distinct(command: BsonDocument, context: CommandContext): BsonDocument | Promise<BsonDocument> {
  refuseUnsupported(command)
  if (typeof command.key !== 'string' || !command.key)
    throw new MongoError(14, "distinct needs the string 'key'")
  const parts = command.key.split('.')
  const filter = readDocument(command, 'query')
  const collection = context.catalog.find(context.db, readCollectionName(command))
  if (!collection) requireTextIndex([], filter)
  const found = collection
    ? findDocuments(context, collection, { filter, hint: command.hint, pauses: true })
    : []
  return thenReply(runInTurns(collectDistinct(found, parts)), (values) => ({ values }))
}

function* collectDistinct(found: Iterable<FoundDocument>, parts: string[]): Generator<void, unknown[]> {
  const values = new Map<string, { key: Buffer; value: unknown }>()
  for (const one of found) {
    if (one === PAUSE_FOUND) {
      yield
      continue
    }
    for (const reached of collectValues(one.document, parts)) {
      for (const value of Array.isArray(reached) ? reached : [reached]) {
        if (value === MISSING) continue
        const key = encodeKey(value)
        const text = key.toString('latin1')
        if (!values.has(text)) values.set(text, { key, value })
      }
    }
  }
  const sorted = [...values.values()].sort((a, b) => Buffer.compare(a.key, b.key))
  return sorted.map(({ value }) => value)
}
