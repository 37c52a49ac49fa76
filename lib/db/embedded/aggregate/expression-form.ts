import { MongoError } from '#lib/db/embedded/mongo-error'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** The value of an expression for one document; MISSING when it has none. */
export type Evaluate = (root: BsonDocument, variables?: BsonDocument) => unknown
export type Compile = (expression: unknown) => Evaluate

/** The named arguments of an operator. @throws FailedToParse for one that is missing or unknown */
export function requireFields(
  name: string,
  argument: unknown,
  needed: string[],
  optional: string[] = [],
): BsonDocument {
  if (!isDocument(argument)) throw new MongoError(9, `${name} only supports an object as its argument`)
  const unknown = Object.keys(argument).find((field) => !needed.includes(field) && !optional.includes(field))
  if (unknown) throw new MongoError(9, `Unrecognized argument to ${name}: ${unknown}`)
  const missing = needed.find((field) => !Object.hasOwn(argument, field))
  if (missing) throw new MongoError(9, `Missing '${missing}' parameter to ${name}`)
  return argument
}
