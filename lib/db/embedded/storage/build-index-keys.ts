import { MongoError } from '#lib/db/embedded/mongo-error'
import { isArrayIndex, MISSING, readField } from '#lib/db/embedded/query/field-path'
import type { IndexSpec } from '#lib/db/embedded/storage/index-spec'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeKey } from '#lib/db/embedded/values/encode-key'

export interface IndexKeys {
  keys: Buffer[]
  /** An array was indexed element by element. */
  multikey: boolean
}

/**
 * The entries a document has in an index: one, or one per array element; none where the index leaves it out.
 * @throws CannotIndexParallelArrays
 */
export function buildIndexKeys(index: IndexSpec, document: BsonDocument): IndexKeys {
  if (index.partial && !index.partial.matches(document)) return { keys: [], multikey: false }
  const state = { multikey: false }
  const rows = expand(
    index.fields.map(({ parts }) => ({ value: document, rest: parts, done: false })),
    state,
  )
  if (index.sparse && rows.every((row) => row.every((value) => value === MISSING))) {
    return { keys: [], multikey: false }
  }
  const keys = rows.map((row) => encodeRow(index, row))
  if (keys.length < 2) return { keys, multikey: state.multikey }
  const distinct = new Map(keys.map((key) => [key.toString('latin1'), key]))
  return { keys: [...distinct.values()], multikey: state.multikey }
}

/** The values of the first entry by field, for the `keyValue` of a duplicate key error. */
export function findKeyRow(index: IndexSpec, document: BsonDocument, key: Buffer): unknown[] {
  const cursors = index.fields.map(({ parts }) => ({ value: document, rest: parts, done: false }))
  const rows = expand(cursors, { multikey: false })
  const row = rows.find((candidate) => encodeRow(index, candidate).equals(key)) ?? rows[0] ?? []
  return row.map((value) => (value === MISSING ? null : value))
}

function encodeRow(index: IndexSpec, row: unknown[]): Buffer {
  const parts = row.map((value, i) =>
    encodeKey(value === MISSING ? null : value, index.fields[i]?.descending ?? false),
  )
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

interface Cursor {
  value: unknown
  rest: string[]
  done: boolean
}

/** Fields that run through the same array are taken from the same element; two different arrays cannot be indexed. */
function expand(cursors: Cursor[], state: { multikey: boolean }): unknown[][] {
  const advanced = cursors.map(advance)
  let array: unknown[] | null = null
  for (const { value, done } of advanced) {
    if (done || !Array.isArray(value)) continue
    if (array && array !== value) throw new MongoError(171, 'cannot index parallel arrays')
    array = value
  }
  if (!array) return [advanced.map(({ value }) => value)]
  state.multikey = true
  const found = array
  if (found.length === 0) {
    return expand(
      advanced.map((cursor) =>
        cursor.value === found && !cursor.done
          ? { value: cursor.rest.length === 0 ? undefined : MISSING, rest: [], done: true }
          : cursor,
      ),
      state,
    )
  }
  return found.flatMap((item) =>
    expand(
      advanced.map((cursor) => (cursor.value === found && !cursor.done ? enter(cursor, item) : cursor)),
      state,
    ),
  )
}

function enter(cursor: Cursor, item: unknown): Cursor {
  if (cursor.rest.length === 0) return { value: item, rest: [], done: true }
  return isDocument(item)
    ? { value: item, rest: cursor.rest, done: false }
    : { value: MISSING, rest: [], done: true }
}

function advance(cursor: Cursor): Cursor {
  if (cursor.done) return cursor
  let { value, rest } = cursor
  while (rest.length > 0) {
    const part = rest[0] as string
    if (Array.isArray(value)) {
      if (!isArrayIndex(part)) return { value, rest, done: false }
      value = Number(part) < value.length ? value[Number(part)] : MISSING
    } else {
      value = readField(value, part)
    }
    rest = rest.slice(1)
    if (value === MISSING) return { value, rest: [], done: true }
  }
  return { value, rest, done: !Array.isArray(value) }
}
