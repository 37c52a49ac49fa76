import { compileStages, type Documents, type ReadCollection } from '#lib/db/embedded/aggregate/compile-stages'
import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { explainCommand } from '#lib/db/embedded/commands/explain'
import { readCount, readDocument, refuseUnsupported } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { type Find, findDocuments } from '#lib/db/embedded/query/find-documents'
import { parseSort } from '#lib/db/embedded/query/sort-key'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'
import { toFlag } from '#lib/db/embedded/values/to-number'

export const aggregate: Command = { writes: false, run }

function run(command: BsonDocument, context: CommandContext): BsonDocument {
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
  const readCollection: ReadCollection = (other, filter) => read(context, other, { filter })
  const stages = compileStages(rest, readCollection)
  const variables = readDocument(command, 'let')
  const result = stages(read(context, name, { ...find, hint: command.hint }), variables)
  const namespace = `${context.db}.${name}`
  const { id, documents } = context.cursors.open({
    namespace,
    source: encodeAll(result),
    batchSize: readCount(command.cursor, 'batchSize'),
    singleBatch: false,
  })
  return { cursor: { firstBatch: documents, id, ns: namespace } }
}

/** A leading `$match`, and the `$sort` after it, are a query: they can use indexes. */
export function splitPipeline(pipeline: unknown[]): { find: Find; rest: unknown[] } {
  const find: Find = { filter: {} }
  let used = 0
  const match = stageArgument(pipeline[used], '$match')
  // With variables `$expr` must be run as a stage.
  if (isDocument(match) && !Object.hasOwn(match, '$expr')) {
    find.filter = match
    used++
  }
  const sort = stageArgument(pipeline[used], '$sort')
  if (isDocument(sort) && Object.keys(sort).length > 0) {
    find.sort = parseSort(sort)
    used++
  }
  return { find, rest: pipeline.slice(used) }
}

function stageArgument(stage: unknown, name: string): unknown {
  return isDocument(stage) && Object.keys(stage).length === 1 ? stage[name] : undefined
}

function* read(context: CommandContext, name: string, find: Find): Generator<BsonDocument> {
  const collection = context.catalog.find(context.db, name)
  if (!collection) return
  for (const { document } of findDocuments(context, collection, find)) yield document
}

function* encodeAll(documents: Documents): Generator<Uint8Array> {
  for (const document of documents) yield encodeDocument(document)
}
