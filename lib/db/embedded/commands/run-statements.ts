import type { CommandContext } from '#lib/db/embedded/commands/command'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { decodeDocument } from '#lib/db/embedded/values/document-codec'

/** What `hello` announces as `maxWriteBatchSize`. */
export const STATEMENTS_MAX = 100_000

/**
 * Runs the statements of a write command one after another, each whole or not at all. A statement that fails becomes
 * an entry of `writeErrors`; an ordered command stops there.
 * @throws InvalidLength, and everything that is not MongoDB's error, which rolls the whole command back.
 */
export function runStatements(
  command: BsonDocument,
  context: CommandContext,
  field: string,
  run: (statement: BsonDocument, index: number) => void,
): { done: number; writeErrors: BsonDocument } {
  const raw = context.sequences.get(field)
  const given = raw ?? command[field]
  if (!Array.isArray(given))
    throw new MongoError(40414, `BSON field '${field}' is missing but a required field`)
  if (given.length === 0 || given.length > STATEMENTS_MAX) {
    throw new MongoError(
      16,
      `Write batch sizes must be between 1 and ${STATEMENTS_MAX}. Got ${given.length} operations.`,
    )
  }
  const errors: BsonDocument[] = []
  let done = 0
  for (let index = 0; index < given.length; index++) {
    try {
      const item: unknown = given[index]
      const statement = raw ? decodeDocument(item as Buffer) : item
      if (!isDocument(statement)) throw new MongoError(14, `Each of '${field}' must be an object`)
      run(statement, index)
      done++
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      errors.push({ index, code: error.code, errmsg: error.message, ...error.extra })
      if (command.ordered !== false) break
    }
  }
  return { done, writeErrors: errors.length > 0 ? { writeErrors: errors } : {} }
}
