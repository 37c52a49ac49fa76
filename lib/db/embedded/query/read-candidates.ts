import type { SQLInputValue } from 'node:sqlite'
import { MongoError } from '#lib/db/embedded/mongo-error'
import type { KeyRange, QueryPlan, TextPlan } from '#lib/db/embedded/query/plan-query'
import type { Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { Store } from '#lib/db/embedded/storage/open-store'

export interface Candidate {
  rid: number
  bytes: Uint8Array
}

/** Rows per read: few at first, since most queries want one document, then more. */
const ROWS_FIRST = 8
const ROWS_MAX = 128

/**
 * The documents a plan leads to, each once. It reads in pieces and holds no open statement in between, so a cursor may
 * rest between two batches while others write.
 */
export function* readCandidates(store: Store, collection: Collection, plan: QueryPlan): Generator<Candidate> {
  try {
    if (plan.text?.match === null) return
    if (plan.text && !plan.index) yield* readTexts(store, collection, plan.text)
    else if (plan.index) yield* readIndex(store, collection, plan.index, plan)
    else yield* readTable(store, collection, plan.reverse)
  } catch (error) {
    if (!String(error).includes('no such table')) throw error
    throw new MongoError(175, `collection dropped or index dropped while '${collection.namespace}' was read`)
  }
}

function* readTable(store: Store, collection: Collection, reverse: boolean): Generator<Candidate> {
  const [onward, order] = reverse ? ['<', 'DESC'] : ['>', 'ASC']
  const sql = `SELECT rid, doc FROM ${collection.table} WHERE rid ${onward} ? ORDER BY rid ${order} LIMIT ?`
  let last = reverse ? Number.MAX_SAFE_INTEGER : 0
  for (let limit = ROWS_FIRST; ; limit = Math.min(limit * 4, ROWS_MAX)) {
    const rows = store.prepare(sql).all(last, limit) as { rid: number; doc: Uint8Array }[]
    for (const { rid, doc } of rows) yield { rid, bytes: doc }
    if (rows.length < limit) return
    last = rows.at(-1)?.rid ?? last
  }
}

function* readTexts(store: Store, collection: Collection, { index, match }: TextPlan): Generator<Candidate> {
  const sql = `SELECT t.rowid AS rid, d.doc AS doc FROM ${index.table} AS t CROSS JOIN ${collection.table} AS d ON d.rid = t.rowid WHERE t.${index.table} MATCH ? AND t.rowid > ? ORDER BY t.rowid LIMIT ?`
  let last = 0
  for (let limit = ROWS_FIRST; ; limit = Math.min(limit * 4, ROWS_MAX)) {
    const rows = store.prepare(sql).all(match, last, limit) as { rid: number; doc: Uint8Array }[]
    for (const { rid, doc } of rows) yield { rid, bytes: doc }
    if (rows.length < limit) return
    last = rows.at(-1)?.rid ?? last
  }
}

function* readIndex(
  store: Store,
  collection: Collection,
  index: CollectionIndex,
  plan: QueryPlan,
): Generator<Candidate> {
  const { ranges, reverse, text } = plan
  const seen = index.multikey ? new Set<number>() : null
  for (const range of reverse ? [...ranges].reverse() : ranges) {
    for (const candidate of readRange({ store, collection, index, reverse, text }, range)) {
      if (seen?.has(candidate.rid)) continue
      seen?.add(candidate.rid)
      yield candidate
    }
  }
}

interface RangeReader {
  store: Store
  collection: Collection
  index: CollectionIndex
  reverse: boolean
  /** Only rows that this finds too. */
  text: TextPlan | undefined
}

function* readRange(
  { store, collection, index, reverse, text }: RangeReader,
  range: KeyRange,
): Generator<Candidate> {
  const source =
    index.table === collection.table
      ? `SELECT id AS key, rid, doc FROM ${collection.table} AS e`
      : `SELECT e.key AS key, e.rid AS rid, d.doc AS doc FROM ${index.table} AS e CROSS JOIN ${collection.table} AS d ON d.rid = e.rid`
  const key = `e.${index.keyColumn}`
  const bounds: SQLInputValue[] = range.upper ? [range.lower, range.upper] : [range.lower]
  const table = text?.index.table
  const both = table ? ` AND e.rid IN (SELECT rowid FROM ${table} WHERE ${table} MATCH ?)` : ''
  const within = `${range.upper ? `${key} >= ? AND ${key} < ?` : `${key} >= ?`}${both}`
  if (text?.match) bounds.push(text.match)
  const order = reverse ? `ORDER BY ${key} DESC, e.rid DESC` : `ORDER BY ${key}, e.rid`
  let after: SQLInputValue[] = []
  // With a text index each piece has to find all of its rows again, so they are few and large.
  for (let limit = text ? ROWS_MAX / 4 : ROWS_FIRST; ; limit = Math.min(limit * 4, ROWS_MAX)) {
    const onward = after.length > 0 ? ` AND (${key}, e.rid) ${reverse ? '<' : '>'} (?, ?)` : ''
    const rows = store
      .prepare(`${source} WHERE ${within}${onward} ${order} LIMIT ?`)
      .all(...bounds, ...after, limit) as { key: Uint8Array; rid: number; doc: Uint8Array }[]
    for (const { rid, doc } of rows) yield { rid, bytes: doc }
    const last = rows.at(-1)
    if (!last || rows.length < limit) return
    after = [last.key, last.rid]
  }
}
