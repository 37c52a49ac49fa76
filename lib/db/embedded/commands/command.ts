import type { Cursors } from '#lib/db/embedded/commands/cursors'
import type { Tables } from '#lib/db/embedded/storage/write-document'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** What a command is run with. */
export interface CommandContext extends Tables {
  cursors: Cursors
  db: string
  /** The command's document sequences: undecoded documents by field name. */
  sequences: Map<string, Buffer[]>
  startedAt: Date
}

/**
 * One command: takes its decoded document and returns the reply without `ok`. A Buffer in `reply.cursor` batches is
 * written as it is. Only a command that does not write may take its time (a Promise): others go on meanwhile.
 */
export interface Command {
  /** Runs in a transaction, and is answered after its commit is on the disk. */
  writes: boolean
  run(command: BsonDocument, context: CommandContext): BsonDocument | Promise<BsonDocument>
}

/** Builds a reply from a value that is there already, or comes later. */
export function thenReply<T>(
  value: T | Promise<T>,
  build: (value: T) => BsonDocument,
): BsonDocument | Promise<BsonDocument> {
  return value instanceof Promise ? value.then(build) : build(value)
}
