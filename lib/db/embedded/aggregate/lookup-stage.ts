import { compileExpression } from '#lib/db/embedded/aggregate/compile-expression'
import {
  compileStages,
  map,
  type ReadCollection,
  type Stage,
} from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { isRegex } from '#lib/db/embedded/query/compile-regex'
import { collectValues, MISSING, writeField } from '#lib/db/embedded/query/field-path'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/**
 * `$lookup` by equal fields, by a pipeline with variables, or both. The other collection is asked through its indexes,
 * once per document.
 * @throws FailedToParse
 */
export function buildLookup(argument: BsonDocument, readCollection: ReadCollection): Stage {
  const { from, as, localField, foreignField, pipeline = [], let: given = {} } = argument
  if (
    typeof from !== 'string' ||
    typeof as !== 'string' ||
    !as ||
    !Array.isArray(pipeline) ||
    !isDocument(given)
  ) {
    throw new MongoError(
      9,
      "$lookup needs the strings 'from' and 'as'; 'pipeline' is an array and 'let' a document",
    )
  }
  if ((localField === undefined) !== (foreignField === undefined)) {
    throw new MongoError(
      9,
      "$lookup requires both or neither of 'localField' and 'foreignField' to be specified",
    )
  }
  if (as.includes('.')) throw new MongoError(238, "A dotted path in $lookup's 'as' is not supported here.")
  // Its results become one array, in which a pause has no place.
  const run = compileStages(pipeline, (name, filter) => readCollection(name, filter))
  const bindings = Object.entries(given).map(
    ([name, expression]) => [name, compileExpression(expression)] as const,
  )
  return (input, outer) =>
    map(input, (document) => {
      const variables: BsonDocument = { ...outer }
      for (const [name, evaluate] of bindings) {
        const value = evaluate(document, outer)
        if (value !== MISSING) variables[name] = value
      }
      const filter =
        typeof localField === 'string' ? buildJoin(document, localField, String(foreignField)) : {}
      const copy = { ...document }
      writeField(copy, as, [...run(readCollection(from, filter), variables)])
      return copy
    })
}

/** A missing local field equals null; an array equals each of its elements. */
function buildJoin(document: BsonDocument, localField: string, foreignField: string): BsonDocument {
  const found = collectValues(document, localField.split('.')).map((value) =>
    value === MISSING ? null : value,
  )
  const values = found.flatMap((value) => (Array.isArray(value) ? value : [value]))
  const [only] = values
  // An expression in $in would be a search; here it stands for itself, and such fields do not join.
  const safe = values.filter((value) => !isRegex(value))
  return { [foreignField]: values.length === 1 && safe.length === 1 ? { $eq: only } : { $in: safe } }
}
