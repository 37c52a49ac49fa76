import { splitPipeline } from '#lib/db/embedded/commands/aggregate'
import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { readCollectionName, readCount, readDocument } from '#lib/db/embedded/commands/read-arguments'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { type Find, findDocuments, planFind } from '#lib/db/embedded/query/find-documents'
import type { QueryPlan, TextPlan } from '#lib/db/embedded/query/plan-query'
import { requireTextIndex } from '#lib/db/embedded/query/plan-text-query'
import { parseSort } from '#lib/db/embedded/query/sort-key'
import type { Collection } from '#lib/db/embedded/storage/catalog'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toFlag } from '#lib/db/embedded/values/to-number'

/** `explain` of the commands that search: which index is used, and what it costs. Nothing is changed. */
export const explain: Command = { writes: false, run }

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution']

function run(command: BsonDocument, context: CommandContext): BsonDocument {
  const explained = command.explain
  const { verbosity = 'allPlansExecution' } = command
  if (!isDocument(explained)) throw new MongoError(14, "BSON field 'explain' is the wrong type")
  if (typeof verbosity !== 'string' || !VERBOSITIES.includes(verbosity)) {
    throw new MongoError(9, `verbosity string must be one of {${VERBOSITIES.join(', ')}}`)
  }
  return explainCommand(explained, context, verbosity !== 'queryPlanner')
}

/** @throws CommandNotSupported for a command that searches nothing */
export function explainCommand(
  command: BsonDocument,
  context: CommandContext,
  withStats: boolean,
): BsonDocument {
  const { find, rest } = readSearch(command)
  const name = readCollectionName(command)
  const collection = context.catalog.find(context.db, name)
  compileFilter(splitTextSearch(find.filter).rest)
  if (!collection) requireTextIndex([], find.filter)
  const plan = collection ? planFind(context, collection, find) : null
  const explained = {
    queryPlanner: {
      namespace: `${context.db}.${name}`,
      indexFilterSet: false,
      parsedQuery: find.filter,
      winningPlan: plan ? describePlan(plan, find) : { stage: 'EOF' },
      rejectedPlans: [],
    },
    ...(withStats ? { executionStats: measure(context, collection, find, plan) } : {}),
  }
  const general = { command, serverInfo: { version: '8.0.0' } }
  if (rest.length === 0) return { explainVersion: '1', ...explained, ...general }
  return { explainVersion: '1', stages: [{ $cursor: explained }, ...rest], ...general }
}

/** What a command looks for, by the names its arguments have. */
function readSearch(command: BsonDocument): { find: Find; rest: unknown[] } {
  const { hint } = command
  switch (Object.keys(command)[0]) {
    case 'find': {
      const [skip, limit] = [readCount(command, 'skip') ?? 0, readCount(command, 'limit') ?? 0]
      const filter = readDocument(command, 'filter')
      return { find: { filter, sort: parseSort(command.sort), skip, limit, hint }, rest: [] }
    }
    case 'aggregate': {
      const { find, rest } = splitPipeline(Array.isArray(command.pipeline) ? command.pipeline : [])
      return { find: { ...find, hint }, rest }
    }
    case 'count':
    case 'distinct':
      return { find: { filter: readDocument(command, 'query'), hint }, rest: [] }
    case 'findAndModify':
    case 'findandmodify': {
      const filter = readDocument(command, 'query')
      return { find: { filter, sort: parseSort(command.sort), limit: 1, hint }, rest: [] }
    }
    case 'update':
      return { find: readStatement(command.updates, (statement) => !toFlag(statement.multi)), rest: [] }
    case 'delete':
      return { find: readStatement(command.deletes, (statement) => toFlag(statement.limit)), rest: [] }
    default:
      throw new MongoError(59, `Explain failed due to unknown command: ${Object.keys(command)[0] ?? ''}`)
  }
}

function readStatement(statements: unknown, isSingle: (statement: BsonDocument) => boolean): Find {
  const statement: unknown = Array.isArray(statements) ? statements[0] : null
  if (!isDocument(statement) || !Array.isArray(statements) || statements.length !== 1) {
    throw new MongoError(72, 'explained write batches must be of size 1')
  }
  return { filter: readDocument(statement, 'q'), limit: isSingle(statement) ? 1 : 0, hint: statement.hint }
}

/** The plan in MongoDB's words; every candidate of an index is fetched and tested against the whole filter. */
function describePlan(
  { index, reverse, sorted, ranges, text }: QueryPlan,
  { filter, sort, skip, limit }: Find,
) {
  const direction = reverse ? 'backward' : 'forward'
  const tested = Object.keys(filter).length > 0 ? { filter } : {}
  let stage: BsonDocument = { stage: 'COLLSCAN', ...tested, direction }
  if (text && !index) {
    stage = { stage: 'TEXT_MATCH', ...describeText(text), ...tested }
  } else if (index) {
    const { key } = index.document
    const scan = {
      stage: 'IXSCAN',
      keyPattern: key,
      indexName: index.name,
      isMultiKey: index.multikey,
      isUnique: index.unique,
      isSparse: index.sparse,
      isPartial: index.partial !== null,
      direction,
      ranges: ranges.length,
      // The entries of one index, as far as the other has them too.
      ...(text ? { within: { stage: 'TEXT_MATCH', ...describeText(text) } } : {}),
    }
    stage = { stage: 'FETCH', ...tested, inputStage: scan }
  }
  if (!sorted) {
    const sortPattern = Object.fromEntries(
      (sort ?? []).map(({ path, descending, byTextScore }) => [
        path,
        byTextScore ? { $meta: 'textScore' } : descending ? -1 : 1,
      ]),
    )
    stage = { stage: 'SORT', sortPattern, inputStage: stage }
  }
  if (skip) stage = { stage: 'SKIP', skipAmount: skip, inputStage: stage }
  if (limit) stage = { stage: 'LIMIT', limitAmount: limit, inputStage: stage }
  return stage
}

function describeText({ index, match }: TextPlan): BsonDocument {
  return { indexPrefix: {}, indexName: index.name, parsedTextQuery: match ?? '', textIndexVersion: 3 }
}

function measure(
  context: CommandContext,
  collection: Collection | null,
  find: Find,
  plan: QueryPlan | null,
): BsonDocument {
  const startedAtMs = performance.now()
  let [nReturned, examined] = [0, 0]
  if (collection) {
    const onExamined = () => {
      examined++
    }
    for (const _ of findDocuments(context, collection, { ...find, onExamined })) nReturned++
  }
  return {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - startedAtMs),
    totalKeysExamined: plan?.index || plan?.text ? examined : 0,
    totalDocsExamined: examined,
  }
}
