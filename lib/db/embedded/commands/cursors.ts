import { randomInt } from 'node:crypto'
import { Long } from 'bson'
import { RawDocuments } from '#lib/db/embedded/commands/raw-documents'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { PAUSE_BYTES, runInTurns } from '#lib/db/embedded/query/pause'

/** As MongoDB: the first batch has 101 documents, no batch more than 16 MB. */
const BATCH_COUNT_FIRST = 101
const BATCH_SIZE_BYTES_MAX = 16 * 1024 * 1024
const IDLE_MS_MAX = 10 * 60_000
const OPEN_MAX = 10_000

/** A result to be handed out in batches. */
interface Cursor {
  namespace: string
  source: Iterator<Uint8Array>
  /** Read from the source but too large for the last batch. */
  pending: Uint8Array | null
  usedAt: number
}

export interface Batch {
  /** 0 when the result has ended. */
  id: Long
  documents: RawDocuments
}

interface OpenRequest {
  namespace: string
  /** PAUSE_BYTES in it are no documents, but where others have their turn; without them the answer comes at once. */
  source: Iterator<Uint8Array>
  batchSize: number | null
  singleBatch: boolean
}

export interface Cursors {
  /** @param batchSize null is the default of 101; 0 opens a cursor with an empty batch. */
  open(request: OpenRequest): Batch | Promise<Batch>
  /** @throws CursorNotFound */
  next(id: unknown, namespace: string, batchSize: number | null): Batch | Promise<Batch>
  kill(ids: unknown[]): { killed: unknown[]; missing: unknown[] }
  /** Forgets cursors nobody has asked for 10 minutes. */
  sweep(): void
}

/** The open cursors of this server. They hold no lock and no statement, only a place to go on from. */
export function createCursors(now: () => number = Date.now): Cursors {
  const cursors = new Map<string, Cursor>()

  /** Reads the next; a step for each pause. */
  function* read(cursor: Cursor): Generator<void, IteratorResult<Uint8Array>> {
    for (;;) {
      const next = cursor.source.next()
      if (next.done || next.value !== PAUSE_BYTES) return next
      yield
    }
  }

  function* take(
    cursor: Cursor,
    batchSize: number,
  ): Generator<void, { documents: RawDocuments; ended: boolean }> {
    const documents = new RawDocuments()
    while (documents.count < batchSize) {
      const next = cursor.pending ? { done: false as const, value: cursor.pending } : yield* read(cursor)
      cursor.pending = null
      if (next.done) return { documents, ended: true }
      if (documents.count > 0 && documents.sizeBytes + next.value.length > BATCH_SIZE_BYTES_MAX) {
        cursor.pending = next.value
        return { documents, ended: false }
      }
      documents.add(next.value)
    }
    return { documents, ended: false }
  }

  /** Lets the source go too: a large sort holds a temporary file. */
  function forget(id: string): boolean {
    cursors.get(id)?.source.return?.()
    return cursors.delete(id)
  }

  function* open({ namespace, source, batchSize, singleBatch }: OpenRequest): Generator<void, Batch> {
    const cursor: Cursor = { namespace, source, pending: null, usedAt: now() }
    const { documents, ended } = yield* take(cursor, batchSize ?? BATCH_COUNT_FIRST)
    if (singleBatch) source.return?.()
    if (ended || singleBatch) return { id: Long.ZERO, documents }
    if (!cursor.pending && batchSize !== 0) {
      // A client that got everything should not have to ask again.
      const following = yield* read(cursor)
      if (following.done) return { id: Long.ZERO, documents }
      cursor.pending = following.value
    }
    if (cursors.size >= OPEN_MAX)
      throw new MongoError(2, 'Too many cursors are open. Close some and try again.')
    const id = Long.fromNumber(randomInt(1, 2 ** 47))
    cursors.set(id.toString(), cursor)
    return { id, documents }
  }

  function* next(id: unknown, namespace: string, batchSize: number | null): Generator<void, Batch> {
    const cursor = cursors.get(String(id))
    if (!cursor || cursor.namespace !== namespace)
      throw new MongoError(43, `cursor id ${String(id)} not found`)
    cursor.usedAt = now()
    try {
      const { documents, ended } = yield* take(cursor, batchSize || Number.POSITIVE_INFINITY)
      if (ended) cursors.delete(String(id))
      return { id: ended ? Long.ZERO : Long.fromString(String(id)), documents }
    } catch (error) {
      cursors.delete(String(id))
      throw error
    }
  }

  return {
    open: (request) => runInTurns(open(request)),
    next: (id, namespace, batchSize) => runInTurns(next(id, namespace, batchSize)),
    kill(ids) {
      const killed = ids.filter((id) => forget(String(id)))
      return { killed, missing: ids.filter((id) => !killed.includes(id)) }
    },
    sweep() {
      for (const [id, { usedAt }] of cursors) if (now() - usedAt > IDLE_MS_MAX) forget(id)
    },
  }
}
