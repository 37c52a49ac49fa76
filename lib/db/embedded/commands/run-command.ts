import { aggregate } from '#lib/db/embedded/commands/aggregate'
import { backUp } from '#lib/db/embedded/commands/back-up'
import { bulkWrite } from '#lib/db/embedded/commands/bulk-write'
import { CATALOG_COMMANDS } from '#lib/db/embedded/commands/catalog-commands'
import type { Command } from '#lib/db/embedded/commands/command'
import { explain } from '#lib/db/embedded/commands/explain'
import { findAndModify } from '#lib/db/embedded/commands/find-and-modify'
import { INDEX_COMMANDS } from '#lib/db/embedded/commands/index-commands'
import { modifyCollection } from '#lib/db/embedded/commands/modify-collection'
import { READ_COMMANDS } from '#lib/db/embedded/commands/read-commands'
import { SERVER_COMMANDS } from '#lib/db/embedded/commands/server-commands'
import { STATS_COMMANDS } from '#lib/db/embedded/commands/stats-commands'
import { WRITE_COMMANDS } from '#lib/db/embedded/commands/write-commands'
import { MongoError } from '#lib/db/embedded/mongo-error'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

const COMMANDS = new Map<string, Command>(
  Object.entries({
    ...SERVER_COMMANDS,
    ...READ_COMMANDS,
    ...WRITE_COMMANDS,
    ...INDEX_COMMANDS,
    ...CATALOG_COMMANDS,
    ...STATS_COMMANDS,
    aggregate,
    bulkWrite,
    peekrBackUp: backUp,
    collMod: modifyCollection,
    explain,
    findAndModify,
    findandmodify: findAndModify,
  }),
)

/**
 * The command a request asks for: its first field's name.
 * @throws CommandNotFound; IllegalOperation for transactions, which a standalone server has not.
 */
export function findCommand(document: BsonDocument): Command {
  const name = Object.keys(document)[0] ?? ''
  if (document.startTransaction === true || document.autocommit === false) {
    throw new MongoError(20, 'Transaction numbers are only allowed on a replica set member or mongos')
  }
  const command = COMMANDS.get(name)
  if (!command) throw new MongoError(59, `no such command: '${name}'`)
  requireWriteConcern(document.writeConcern)
  return command
}

/** Every acknowledged write is on the disk already; what cannot be given is more than one copy. */
function requireWriteConcern(concern: unknown): void {
  const copies = toNumber((concern as BsonDocument | undefined)?.w)
  if (copies !== null && copies > 1) {
    throw new MongoError(2, "cannot use 'w' > 1 when a host is not replicated")
  }
}

/** The reply to a command that failed. */
export function buildErrorReply(error: MongoError): BsonDocument {
  return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.extra }
}
