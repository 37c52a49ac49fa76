import { compileStages } from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

const STAGES = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'])

/** An update given as a pipeline: each stage turns the document into the next. @throws InvalidOptions for other stages */
export function compilePipelineUpdate(pipeline: unknown[]): (document: BsonDocument) => BsonDocument {
  for (const stage of pipeline) {
    const name = isDocument(stage) ? (Object.keys(stage)[0] ?? '') : ''
    if (!STAGES.has(name)) throw new MongoError(72, `${name} is not allowed to be used within an update`)
  }
  const run = compileStages(pipeline, null)
  return (document) => {
    const [changed] = run([document])
    return changed as BsonDocument
  }
}
