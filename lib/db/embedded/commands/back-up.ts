import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { MongoError } from '#lib/db/embedded/mongo-error'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** A caller that died must not make the log grow for ever. */
const HELD_MS_MAX = 30 * 60_000
const PAGES_UNTIL_CHECKPOINT = 1000

/** The file is held still for these, by what names each. */
const held = new Map<string, NodeJS.Timeout>()

/**
 * `{peekrBackUp: 'begin'}` brings everything into the database file and then leaves that file alone: what is written
 * from now on stays in the log beside it. `{peekrBackUp: 'end', token}` goes on as usual, and says whether the file was
 * left alone all the while. In between another process may copy the file; this one may not, because closing a file
 * drops the locks that the process has on it (fcntl(2)). node:sqlite's own backup() fails whenever a write is under way.
 */
export const backUp: Command = { writes: false, run }

async function run(command: BsonDocument, context: CommandContext): Promise<BsonDocument> {
  // The requests before this one may share a transaction, which must be over first.
  await setImmediate()
  if (command.peekrBackUp === 'begin') return begin(context)
  if (command.peekrBackUp === 'end') return { held: release(context, String(command.token)) }
  throw new MongoError(2, "peekrBackUp is 'begin' or 'end'.")
}

function begin(context: CommandContext): BsonDocument {
  const { sqlite } = context.store
  // Another copy may be under way; then the log only goes on growing, and this copy would lack what is in it.
  if (held.size > 0) throw new MongoError(117, 'Another copy of the database is being made. Try again later.')
  const { busy } = sqlite.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number }
  if (busy !== 0) throw new MongoError(117, 'The database is busy. Try again.')
  sqlite.exec('PRAGMA wal_autocheckpoint = 0')
  const token = randomUUID()
  held.set(token, setTimeout(() => release(context, token), HELD_MS_MAX).unref())
  return { token, file: sqlite.location() }
}

function release({ store }: CommandContext, token: string): boolean {
  const timer = held.get(token)
  if (!timer) return false
  clearTimeout(timer)
  held.delete(token)
  store.sqlite.exec(`PRAGMA wal_autocheckpoint = ${PAGES_UNTIL_CHECKPOINT}`)
  return true
}
