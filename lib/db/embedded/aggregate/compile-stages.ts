import { buildAddFields, buildUnset } from '#lib/db/embedded/aggregate/add-fields-stage'
import { compileExpression } from '#lib/db/embedded/aggregate/compile-expression'
import { buildGroup } from '#lib/db/embedded/aggregate/group-stage'
import { buildLookup } from '#lib/db/embedded/aggregate/lookup-stage'
import { buildSort } from '#lib/db/embedded/aggregate/sort-stage'
import { buildUnionWith } from '#lib/db/embedded/aggregate/union-with-stage'
import { buildUnwind } from '#lib/db/embedded/aggregate/unwind-stage'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { compileProjection } from '#lib/db/embedded/query/compile-projection'
import { PAUSE } from '#lib/db/embedded/query/pause'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { splitTextSearch } from '#lib/db/embedded/text/split-text-search'
import { keepTextScore } from '#lib/db/embedded/text/text-score'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

export type Documents = Iterable<BsonDocument>
/** One stage, or a whole pipeline, as a function between streams of documents. */
export type Stage = (input: Documents, variables?: BsonDocument) => Documents
/** The documents of another collection of the same database, for `$lookup`; with `pauses` PAUSE is among them. */
export type ReadCollection = (name: string, filter: BsonDocument, pauses?: boolean) => Documents

/**
 * An aggregation pipeline as a function.
 * @param allowDiskUse whether a sort that is too large for the memory may go to the disk.
 * @param readCollection null where stages that read other collections are not allowed.
 * @throws 40324 for a stage that is not supported, and MongoDB's codes for bad arguments.
 */
export function compileStages(
  pipeline: unknown[],
  readCollection: ReadCollection | null,
  allowDiskUse = true,
): Stage {
  const stages = pipeline.map((stage) => {
    if (!isDocument(stage)) throw new MongoError(14, 'Each element of the pipeline array must be an object')
    const names = Object.keys(stage)
    if (names.length !== 1) {
      throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.')
    }
    const name = names[0] as string
    return compileStage(name, stage[name], readCollection, allowDiskUse)
  })
  return (input, variables) =>
    stages.reduce<Documents>((documents, stage) => stage(documents, variables), input)
}

function compileStage(
  name: string,
  argument: unknown,
  readCollection: ReadCollection | null,
  allowDiskUse: boolean,
): Stage {
  switch (name) {
    case '$match':
      return buildMatch(argument)
    case '$sort':
      return buildSort(argument, allowDiskUse)
    case '$limit':
      return buildLimit(argument)
    case '$skip':
      return buildSkip(argument)
    case '$project': {
      const project = compileProjection(requireDocument(name, argument), null)
      if (!project)
        throw new MongoError(
          51272,
          'Invalid $project :: caused by :: projection specification must have at least one field',
        )
      return (input, variables) =>
        map(input, (document) => keepTextScore(document, project(document, variables)))
    }
    case '$addFields':
    case '$set':
      return buildAddFields(requireDocument(name, argument))
    case '$unset':
      return buildUnset(argument)
    case '$count':
      return buildCount(argument)
    case '$group':
      return buildGroup(requireDocument(name, argument))
    case '$unwind':
      return buildUnwind(argument)
    case '$replaceRoot':
      return buildReplaceRoot(requireDocument(name, argument).newRoot)
    case '$replaceWith':
      return buildReplaceRoot(argument)
    case '$facet':
      return buildFacet(requireDocument(name, argument), readCollection)
    case '$lookup':
      if (!readCollection) break
      return buildLookup(requireDocument(name, argument), readCollection)
    case '$unionWith':
      if (!readCollection) break
      return buildUnionWith(argument, readCollection)
    case '$changeStream':
      throw new MongoError(40573, 'The $changeStream stage is only supported on replica sets')
  }
  throw new MongoError(40324, `Unrecognized pipeline stage name: '${name}'`)
}

function requireDocument(name: string, argument: unknown): BsonDocument {
  if (isDocument(argument)) return argument
  throw new MongoError(15959, `the ${name} stage specification must be an object`)
}

export function* map(
  input: Documents,
  change: (document: BsonDocument) => BsonDocument,
): Generator<BsonDocument> {
  for (const document of input) yield document === PAUSE ? PAUSE : change(document)
}

function buildMatch(argument: unknown): Stage {
  if (!isDocument(argument))
    throw new MongoError(15959, 'the match filter must be an expression in an object')
  if (splitTextSearch(argument).search) {
    throw new MongoError(17313, '$match with $text is only allowed as the first pipeline stage')
  }
  const matches = compileFilter(argument)
  return function* (input, variables) {
    for (const document of input) {
      if (document === PAUSE || matches(document, variables)) yield document
    }
  }
}

function buildLimit(argument: unknown): Stage {
  const limit = toNumber(argument)
  if (limit === null || !Number.isInteger(limit) || limit <= 0) {
    throw new MongoError(15958, 'the limit must be positive')
  }
  return function* (input) {
    let left = limit
    for (const document of input) {
      yield document
      if (document !== PAUSE && --left === 0) return
    }
  }
}

function buildSkip(argument: unknown): Stage {
  const skip = toNumber(argument)
  if (skip === null || !Number.isInteger(skip) || skip < 0) {
    throw new MongoError(5107200, 'invalid argument to $skip stage: Expected a non-negative number')
  }
  return function* (input) {
    let left = skip
    for (const document of input) if (document === PAUSE || --left < 0) yield document
  }
}

function buildCount(argument: unknown): Stage {
  if (typeof argument !== 'string' || !argument || argument.startsWith('$') || argument.includes('.')) {
    throw new MongoError(40156, 'the count field must be a non-empty string without $ or .')
  }
  return function* (input) {
    let count = 0
    for (const document of input) {
      if (document === PAUSE) yield PAUSE
      else count++
    }
    if (count > 0) yield { [argument]: count }
  }
}

function buildReplaceRoot(expression: unknown): Stage {
  const evaluate = compileExpression(expression)
  return (input, variables) =>
    map(input, (document) => {
      const value = evaluate(document, variables)
      if (isDocument(value)) return keepTextScore(document, value)
      throw new MongoError(
        40228,
        `'newRoot' expression must evaluate to an object, but resulting value was of type ${typeof value === 'symbol' ? 'missing' : bsonTypeName(value)}`,
      )
    })
}

function buildFacet(argument: BsonDocument, readCollection: ReadCollection | null): Stage {
  const facets = Object.entries(argument).map(([name, pipeline]) => {
    if (!Array.isArray(pipeline))
      throw new MongoError(40170, `arguments to $facet must be arrays, ${name} is not`)
    // Its results become one array, in which a pause has no place.
    const readWhole: ReadCollection | null =
      readCollection && ((other, filter) => readCollection(other, filter))
    return { name, run: compileStages(pipeline, readWhole) }
  })
  if (facets.length === 0) throw new MongoError(40169, 'the $facet specification must be a non-empty object')
  return function* (input, variables) {
    const documents: BsonDocument[] = []
    for (const document of input) {
      if (document === PAUSE) yield PAUSE
      else documents.push(document)
    }
    const result: BsonDocument = {}
    for (const { name, run } of facets) result[name] = [...run(documents, variables)]
    yield result
  }
}
