import { compileExpression } from '#lib/db/embedded/aggregate/compile-expression'
import { map, type Stage } from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileProjection } from '#lib/db/embedded/query/compile-projection'
import { MISSING, readField, writeField } from '#lib/db/embedded/query/field-path'
import { keepTextScore } from '#lib/db/embedded/text/text-score'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** `$addFields` and `$set`: every value is computed from the document as it came. */
export function buildAddFields(argument: BsonDocument): Stage {
  const fields = flatten(argument, []).map(({ parts, expression }) => ({
    parts,
    evaluate: compileExpression(expression),
  }))
  return (input, variables) =>
    map(input, (document) => {
      let result: unknown = document
      for (const { parts, evaluate } of fields) {
        const value = evaluate(document, variables)
        if (value !== MISSING) result = withField(result, parts, 0, value)
        else if (parts.length === 1) result = withoutField(result as BsonDocument, parts[0] as string)
      }
      return result as BsonDocument
    })
}

/** `$unset`: an exclusion. */
export function buildUnset(argument: unknown): Stage {
  const paths = Array.isArray(argument) ? argument : [argument]
  if (paths.length === 0 || paths.some((path) => typeof path !== 'string' || path === '')) {
    throw new MongoError(31002, '$unset specification must be a string or an array of strings')
  }
  const project = compileProjection(Object.fromEntries(paths.map((path) => [path, false])), null)
  if (!project)
    throw new MongoError(31119, '$unset specification must be a string or an array with at least one field')
  return (input) => map(input, (document) => keepTextScore(document, project(document)))
}

function flatten(argument: BsonDocument, prefix: string[]): { parts: string[]; expression: unknown }[] {
  return Object.entries(argument).flatMap(([name, expression]) => {
    const parts = [...prefix, ...name.split('.')]
    if (parts.some((part) => part === ''))
      throw new MongoError(15998, 'FieldPath field names may not be empty strings.')
    if (parts.some((part) => part.startsWith('$'))) {
      throw new MongoError(16410, "FieldPath field names may not start with '$'.")
    }
    const nested =
      isDocument(expression) &&
      Object.keys(expression).length > 0 &&
      !Object.keys(expression)[0]?.startsWith('$')
    return nested ? flatten(expression, parts) : [{ parts, expression }]
  })
}

/** A copy with one path set: arrays on the way are entered element by element, what is no document becomes one. */
function withField(holder: unknown, parts: string[], at: number, value: unknown): unknown {
  if (at === parts.length) return value
  if (Array.isArray(holder)) return holder.map((item) => withField(item, parts, at, value))
  const copy: BsonDocument = isDocument(holder) ? { ...holder } : {}
  const part = parts[at] as string
  const old = readField(copy, part)
  writeField(copy, part, withField(old === MISSING ? {} : old, parts, at + 1, value))
  return copy
}

function withoutField(document: BsonDocument, name: string): BsonDocument {
  const { [name]: _, ...rest } = document
  return rest
}
