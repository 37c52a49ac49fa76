import type { Store } from '#lib/db/embedded/storage/open-store'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** As long as a session lives. */
const KEPT_MS = 30 * 60_000

/** The reply an identical write (same session and number) was given before; null for the first time. */
export function findRetriedWrite(store: Store, command: BsonDocument): Buffer | null {
  const id = readIdentity(command)
  if (!id) return null
  const row = store
    .prepare('SELECT reply FROM retried_writes WHERE session = ? AND number = ?')
    .get(id.session, id.number) as { reply: Uint8Array } | undefined
  return row ? Buffer.from(row.reply) : null
}

/** Remembers the reply in the write's own transaction, so that a retry after a crash is not applied twice. */
export function keepRetriedWrite(store: Store, command: BsonDocument, reply: Buffer): void {
  const id = readIdentity(command)
  if (!id) return
  store
    .prepare('INSERT INTO retried_writes (session, number, reply, written_at) VALUES (?, ?, ?, ?)')
    .run(id.session, id.number, reply, Date.now())
}

/** Forgets what no client will send again. */
export function forgetRetriedWrites(store: Store): void {
  store.prepare('DELETE FROM retried_writes WHERE written_at < ?').run(Date.now() - KEPT_MS)
}

function readIdentity({ lsid, txnNumber }: BsonDocument): { session: Buffer; number: number } | null {
  const number = toNumber(txnNumber ?? null)
  return number !== null && isDocument(lsid) ? { session: encodeDocument(lsid), number } : null
}
