import { compileStages, type ReadCollection, type Stage } from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { isDocument } from '#lib/db/embedded/values/bson-type'

/** `$unionWith`: the documents so far, then those of another collection, through a pipeline of their own. @throws FailedToParse */
export function buildUnionWith(argument: unknown, readCollection: ReadCollection): Stage {
  const { coll, pipeline = [] } = isDocument(argument) ? argument : { coll: argument }
  if (typeof coll !== 'string' || !coll || !Array.isArray(pipeline)) {
    throw new MongoError(
      9,
      "the $unionWith stage specification must be an object or string with the collection's name",
    )
  }
  const run = compileStages(pipeline, readCollection)
  return function* (input, variables) {
    yield* input
    yield* run(readCollection(coll, {}, true), variables)
  }
}
