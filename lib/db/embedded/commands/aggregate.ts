import { compileStages, type Documents, type ReadCollection } from '#lib/db/embedded/aggregate/compile-stages'
import { type Command, type CommandContext, thenReply } from '#lib/db/embedded/commands/command'
import { explainCommand } from '#lib/db/embedded/commands/explain'
import { readCount, readDocument, refuseUnsupported } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { type Find, findDocuments } from '#lib/db/embedded/query/find-documents'
import { PAUSE, PAUSE_BYTES } from '#lib/db/embedded/query/pause'
import { requireTextIndex } from '#lib/db/embedded/query/plan-text-query'
import { parseSort } from '#lib/db/embedded/query/sort-key'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import { noTextScore, usesTextScore } from '#lib/db/embedded/text/text-score'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'
import { toFlag, toNumber } from '#lib/db/embedded/values/to-number'

export const aggregate: Command = { writes: false, run }

function run(command: BsonDocument, context: CommandContext): BsonDocument | Promise<BsonDocument> {
  refuseUnsupported(command)
  const { aggregate: name, pipeline, explain } = command
  if (typeof name !== 'string') {
    throw new MongoError(73, 'Aggregations without a collection are not supported by the embedded database.')
  }
  if (!Array.isArray(pipeline)) throw new MongoError(14, "'pipeline' option must be specified as an array")
  if (toFlag(explain)) return explainCommand(command, context, false)
  if (!isDocument(command.cursor)) {
    throw new MongoError(9, "The 'cursor' option is required, except for aggregate with the explain argument")
  }
  const { find, rest } = splitPipeline(pipeline)
  const readCollection: ReadCollection = (other, filter, pauses = false) =>
    read(context, other, { filter, pauses })
  const allowDiskUse = command.allowDiskUse !== false
  const stages = compileStages(rest, readCollection, allowDiskUse)
  const variables = readDocument(command, 'let')
  const scored = usesTextScore(pipeline)
  if (scored && !splitTextSearch(find.filter).search) throw noTextScore()
  const result = stages(
    read(context, name, { ...find, hint: command.hint, variables, scored, allowDiskUse, pauses: true }),
    variables,
  )
  const namespace = `${context.db}.${name}`
  const batch = context.cursors.open({
    namespace,
    source: encodeAll(result),
    batchSize: readCount(command.cursor, 'batchSize'),
    singleBatch: false,
  })
  return thenReply(batch, ({ id, documents }) => ({ cursor: { firstBatch: documents, id, ns: namespace } }))
}

/** A leading `$match`, and the `$sort` after it, are a query: they can use indexes. */
export function splitPipeline(pipeline: unknown[]): { find: Find; rest: unknown[] } {
  const find: Find = { filter: {} }
  let used = 0
  const match = stageArgument(pipeline[used], '$match')
  // With variables `$expr` must be run as a stage; but `$text` is found by an index or not at all.
  if (isDocument(match) && (!Object.hasOwn(match, '$expr') || splitTextSearch(match).search)) {
    find.filter = match
    used++
  }
  const sort = stageArgument(pipeline[used], '$sort')
  if (isDocument(sort) && Object.keys(sort).length > 0) {
    find.sort = parseSort(sort)
    used++
  }
  // With the limit a sort keeps only the first few.
  const limit = toNumber(stageArgument(pipeline[used], '$limit'))
  if (find.sort && limit !== null && Number.isInteger(limit) && limit > 0) {
    find.limit = limit
    used++
  }
  return { find, rest: pipeline.slice(used) }
}

function stageArgument(stage: unknown, name: string): unknown {
  return isDocument(stage) && Object.keys(stage).length === 1 ? stage[name] : undefined
}

function* read(context: CommandContext, name: string, find: Find): Generator<BsonDocument> {
  const collection = context.catalog.find(context.db, name)
  if (!collection) {
    requireTextIndex([], find.filter)
    return
  }
  for (const { document } of findDocuments(context, collection, find)) yield document
}

function* encodeAll(documents: Documents): Generator<Uint8Array> {
  for (const document of documents) yield document === PAUSE ? PAUSE_BYTES : encodeDocument(document)
}
