import { isArrayIndex } from '#lib/db/embedded/query/field-path'
import { type FieldConstraint, findConstraints } from '#lib/db/embedded/query/find-constraints'
import type { Hint } from '#lib/db/embedded/query/find-hinted-index'
import type { SortField } from '#lib/db/embedded/query/sort-key'
import type { CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { IndexField } from '#lib/db/embedded/storage/index-spec'
import { type BsonDocument, RANK } from '#lib/db/embedded/values/bson-type'
import { valuesEqual } from '#lib/db/embedded/values/compare-values'
import { encodeKey, keyAfterPrefix } from '#lib/db/embedded/values/encode-key'

/** Keys from `lower` (inclusive) to `upper` (exclusive); null is open. */
export interface KeyRange {
  lower: Buffer
  upper: Buffer | null
}

/** How the candidates of a query are found. They are always tested against the whole filter afterwards. */
export interface QueryPlan {
  /** null: every document is read. */
  index: CollectionIndex | null
  ranges: KeyRange[]
  reverse: boolean
  /** The candidates come in the wanted order already. */
  sorted: boolean
  /** What documents are found by in a text index; with `index` null or of keys, that one gives the order. */
  text?: TextPlan
}

/** A text index, and the FTS5 expression it is asked; null finds nothing. */
export interface TextPlan {
  index: CollectionIndex
  match: string | null
}

/** `$in` on several fields multiplies; past this many ranges fewer fields are used. */
const RANGES_MAX = 1000

/** Picks the index that narrows most; between equals, one that gives the order. */
export function planQuery(
  indexes: CollectionIndex[],
  filter: BsonDocument,
  sort: SortField[],
  hint: Hint = null,
): QueryPlan {
  const scan: QueryPlan = { index: null, ranges: [], reverse: false, sorted: sort.length === 0 }
  if (hint && 'natural' in hint) return { ...scan, reverse: hint.natural === 'backward' }
  const constraints = findConstraints(filter)
  let best = scan
  // A hinted index may be read from end to end, unless it lacks documents that could match.
  let bestScore = hint ? -1 : 0
  for (const index of hint ? [hint.index] : indexes) {
    if (!isUsable(index, filter, constraints)) continue
    const { ranges, equalities, bounded } = buildRanges(index, constraints)
    // The first entry of an array inside the range need not be the element that decides its place.
    const order = index.multikey ? null : findOrder(index, sort, ranges.length === 1 ? equalities : 0)
    const narrowed = equalities * 4 + (bounded ? 2 : 0)
    // Reading a whole index only pays for the order it gives.
    if (narrowed === 0 && (sort.length === 0 || !order) && !hint) continue
    const single = index.unique && equalities === index.fields.length ? 100 : 0
    const score = narrowed + single + (order ? 1 : 0)
    if (score <= bestScore) continue
    bestScore = score
    best = { index, ranges, reverse: order === 'backward', sorted: sort.length === 0 || order !== null }
  }
  return best
}

/** A sparse or partial index lacks documents; it may be used only where none of those can match. */
function isUsable(
  index: CollectionIndex,
  filter: BsonDocument,
  constraints: Map<string, FieldConstraint>,
): boolean {
  if (index.fields.some(({ parts }) => parts.some(isArrayIndex))) return false
  if (index.sparse) return index.fields.some(({ path }) => constraints.get(path)?.excludesMissing)
  if (!index.partial) return true
  return Object.entries(index.partial.filter).every(
    ([path, condition]) => Object.hasOwn(filter, path) && valuesEqual(filter[path], condition),
  )
}

function buildRanges(
  index: CollectionIndex,
  constraints: Map<string, FieldConstraint>,
): { ranges: KeyRange[]; equalities: number; bounded: boolean } {
  let prefixes: Buffer[] = [Buffer.alloc(0)]
  let equalities = 0
  for (const field of index.fields) {
    const constraint = constraints.get(field.path)
    if (constraint?.values && constraint.values.length * prefixes.length <= RANGES_MAX) {
      prefixes = appendValues(prefixes, field, constraint.values)
      equalities++
      continue
    }
    const { range, prefix: text } = constraint ?? {}
    if (!constraint || (!range && !text)) break
    const ranges = prefixes.flatMap((prefix) =>
      range
        ? [buildRange(prefix, field, constraint, index.multikey)]
        : buildTextRanges(prefix, field, text ?? ''),
    )
    return { ranges, equalities, bounded: true }
  }
  const ranges = prefixes.map((prefix) => ({ lower: prefix, upper: keyAfterPrefix(prefix) }))
  return { ranges, equalities, bounded: false }
}

function appendValues(prefixes: Buffer[], field: IndexField, values: unknown[]): Buffer[] {
  const encoded = values.map((value) => encodeKey(value, field.descending))
  const distinct = new Map(encoded.map((key) => [key.toString('latin1'), key]))
  const ordered = [...distinct.values()].sort(Buffer.compare)
  return prefixes.flatMap((prefix) => ordered.map((key) => Buffer.concat([prefix, key])))
}

/** Texts that start with something, and stored expressions, in the order of their keys. */
function buildTextRanges(prefix: Buffer, { descending }: IndexField, text: string): KeyRange[] {
  const start = Buffer.concat([Buffer.of(RANK.string), Buffer.from(text, 'utf8')])
  const ranges = [start, Buffer.of(RANK.regex)].map((bytes) => {
    const inverted = descending ? Buffer.from(bytes.map((byte) => ~byte)) : bytes
    const lower = Buffer.concat([prefix, inverted])
    return { lower, upper: keyAfterPrefix(lower) }
  })
  return descending ? ranges.reverse() : ranges
}

function buildRange(
  prefix: Buffer,
  field: IndexField,
  constraint: FieldConstraint,
  multikey: boolean,
): KeyRange {
  const { range } = constraint
  const [first] = range?.from ? [range.from] : [range?.to]
  const typePrefix = encodeKey(first?.value).subarray(0, 1)
  // Elements of one array may satisfy the two bounds separately, so only one of them may narrow a multikey index.
  const from = range?.from ?? null
  const to = multikey && from ? null : (range?.to ?? null)
  const low = from ? boundKey(from.value, !from.inclusive) : typePrefix
  const high = to ? boundKey(to.value, to.inclusive) : afterKey(typePrefix)
  const [lower, upper] = field.descending ? [invertUpper(high), invertUpper(low)] : [low, high]
  return { lower: Buffer.concat([prefix, lower]), upper: Buffer.concat([prefix, upper]) }
}

/** The first key of a value, or the first key after all that start with it. */
function boundKey(value: unknown, after: boolean): Buffer {
  const key = encodeKey(value)
  return after ? afterKey(key) : key
}

function afterKey(key: Buffer): Buffer {
  // Every key starts with a type's rank, which is never 0xff, so there always is a next one.
  return keyAfterPrefix(key) as Buffer
}

/**
 * Inverts a boundary for a descending field. `x < bound` becomes `~x > ~bound`; since no inverted key equals a
 * boundary without continuing it, the first key after the inverted prefix is the boundary seen from the other side.
 */
function invertUpper(bound: Buffer): Buffer {
  const inverted = Buffer.from(bound)
  for (let i = 0; i < inverted.length; i++) inverted[i] = ~(inverted[i] ?? 0)
  return afterKey(inverted)
}

/** Whether the index, after `fixed` equal fields, has the sort's order, forwards or backwards. */
function findOrder(index: CollectionIndex, sort: SortField[], fixed: number): 'forward' | 'backward' | null {
  if (sort.length === 0) return null
  for (let skipped = fixed; skipped >= 0; skipped--) {
    const fields = index.fields.slice(skipped, skipped + sort.length)
    if (fields.length < sort.length || fields.some((field, i) => field.path !== sort[i]?.path)) continue
    const same = fields.every((field, i) => field.descending === sort[i]?.descending)
    if (same) return 'forward'
    if (fields.every((field, i) => field.descending !== sort[i]?.descending)) return 'backward'
  }
  return null
}
