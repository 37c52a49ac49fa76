import { BSONError } from 'bson'
import type { CommandContext } from '#lib/db/embedded/commands/command'
import { encodeReply } from '#lib/db/embedded/commands/encode-reply'
import { findRetriedWrite, keepRetriedWrite } from '#lib/db/embedded/commands/retried-writes'
import { buildErrorReply, findCommand } from '#lib/db/embedded/commands/run-command'
import { MongoError } from '#lib/db/embedded/mongo-error'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { decodeDocument } from '#lib/db/embedded/values/document-codec'
import type { WireRequest } from '#lib/db/embedded/wire/parse-request'
import type { HandleRequest } from '#lib/db/embedded/wire/serve-connection'
import { getLog } from '#lib/log'

/** Requests that share one transaction, and so one fsync; and how long they may together keep others waiting. */
const TOGETHER_MAX = 128
const TOGETHER_MS = 20

const ROLLED_BACK = 'The write was undone because storing it failed, possibly for want of space. Try again.'

interface Waiting {
  request: WireRequest
  reply: (body: Buffer) => void
}

type Shared = Omit<CommandContext, 'db' | 'sequences'>

/**
 * Runs requests one after another in the order they came. Those that wait at the same moment share a transaction:
 * nobody is answered before its commit, so nobody sees what could still be lost.
 */
export function createRequestQueue(shared: Shared): HandleRequest {
  const waiting: Waiting[] = []
  let scheduled = false

  function runSome(): void {
    scheduled = false
    const answers = runTogether(shared, waiting)
    for (const { reply, body } of answers) if (body) reply(body)
    if (waiting.length > 0) schedule()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(runSome)
  }

  return (request, reply) => {
    waiting.push({ request, reply })
    schedule()
  }
}

interface Answer {
  reply: (body: Buffer) => void
  /** null: it is answered by itself, later. */
  body: Buffer | null
}

interface Together {
  /** What everybody is answered when the transaction could not be kept. */
  undone: Buffer | null
}

function runTogether(shared: Shared, waiting: Waiting[]): Answer[] {
  const { sqlite } = shared.store
  const until = performance.now() + TOGETHER_MS
  const answers: Answer[] = []
  let fromWrite: number | null = null
  // A read that goes on later may have begun on what this transaction wrote.
  const together: Together = { undone: null }
  while (waiting.length > 0 && answers.length < TOGETHER_MAX && performance.now() < until) {
    const { request, reply } = waiting.shift() as Waiting
    const before = answers.length
    answers.push({
      reply,
      body: answer(
        shared,
        request,
        (late) => reply(together.undone ?? late),
        () => {
          if (fromWrite === null) shared.store.prepare('BEGIN IMMEDIATE').run()
          // SQLite ends a transaction by itself when the disk is full; going on in a new one would hide the loss.
          else if (!sqlite.isTransaction) throw new Error(ROLLED_BACK)
          fromWrite ??= before
        },
      ),
    })
  }
  if (fromWrite === null) return answers
  try {
    if (!sqlite.isTransaction) throw new Error(ROLLED_BACK)
    shared.store.prepare('COMMIT').run()
    return answers
  } catch (error) {
    // Whoever was answered out of this transaction, readers too, must hear that it did not happen.
    rollBack(shared)
    const body = encodeReply(buildErrorReply(toMongoError(error)))
    together.undone = body
    return answers.map((given, i) =>
      i < Number(fromWrite) || given.body === null ? given : { reply: given.reply, body },
    )
  }
}

/**
 * Runs one request to its encoded reply; a write inside a savepoint, so that its failure leaves nothing behind. null
 * when the reply comes later by itself.
 */
function answer(
  shared: Shared,
  request: WireRequest,
  reply: (body: Buffer) => void,
  begin: () => void,
): Buffer | null {
  try {
    const document = decodeDocument(request.body)
    const command = findCommand(document)
    const db = typeof document.$db === 'string' ? document.$db : 'admin'
    const context: CommandContext = { ...shared, db, sequences: request.sequences }
    if (command.writes) begin()
    else {
      const result = command.run(document, context)
      if (!(result instanceof Promise)) return encodeReply({ ...result, ok: 1 })
      replyLater(result, reply)
      return null
    }
    return runWrite(context, document, () => ({ ...command.run(document, context), ok: 1 }))
  } catch (error) {
    return encodeReply(buildErrorReply(toMongoError(error)))
  }
}

function replyLater(result: Promise<BsonDocument>, reply: (body: Buffer) => void): void {
  result.then(
    (done) => reply(encodeReply({ ...done, ok: 1 })),
    (error: unknown) => reply(encodeReply(buildErrorReply(toMongoError(error)))),
  )
}

function runWrite(context: CommandContext, document: BsonDocument, run: () => BsonDocument): Buffer {
  const earlier = findRetriedWrite(context.store, document)
  if (earlier) return earlier
  const { sqlite } = context.store
  context.store.prepare('SAVEPOINT command').run()
  try {
    const body = encodeReply(run())
    keepRetriedWrite(context.store, document, body)
    context.store.prepare('RELEASE command').run()
    return body
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK TO command; RELEASE command')
    context.catalog.reload()
    throw error
  }
}

function rollBack({ store, catalog }: Shared): void {
  if (store.sqlite.isTransaction) store.sqlite.exec('ROLLBACK')
  catalog.reload()
}

function toMongoError(error: unknown): MongoError {
  if (error instanceof MongoError) return error
  const text = error instanceof Error ? error.message : String(error)
  // A client's bytes that the lengths do not give away, such as text that is not UTF-8, are its own affair.
  if (error instanceof BSONError) return new MongoError(22, text)
  getLog('database').error({ err: error }, 'A database command failed.')
  if (/disk is full|SQLITE_FULL|ENOSPC/i.test(text)) {
    return new MongoError(14031, 'The disk is full; the write was not made. Free some space and try again.')
  }
  return new MongoError(1, text)
}
