import { isOperatorDocument } from '#lib/db/embedded/query/compile-filter'
import { findRegexPrefix, isRegex } from '#lib/db/embedded/query/compile-regex'
import { type BsonDocument, isDocument, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

interface Bound {
  value: unknown
  inclusive: boolean
}

/** What a filter demands of one field, as far as an index can use it. */
export interface FieldConstraint {
  /** The field must equal one of these. */
  values: unknown[] | null
  range: { from: Bound | null; to: Bound | null } | null
  /** The field is a text that starts so (or an expression itself: `{a: /^b/}` also finds the stored /^b/). */
  prefix: string | null
  /** No document without the field, or with null in it, can match. */
  excludesMissing: boolean
}

/** Types whose range operators an index can follow: one type, one run of keys. */
const RANGE_RANKS = new Set<number>([
  RANK.number,
  RANK.string,
  RANK.date,
  RANK.objectId,
  RANK.boolean,
  RANK.timestamp,
])

/** The constraints that every matching document fulfils: top-level fields and those under `$and`. */
export function findConstraints(filter: BsonDocument): Map<string, FieldConstraint> {
  const constraints = new Map<string, FieldConstraint>()
  collect(filter, constraints)
  return constraints
}

function collect(filter: BsonDocument, constraints: Map<string, FieldConstraint>): void {
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' && Array.isArray(condition)) {
      for (const part of condition) if (isDocument(part)) collect(part, constraints)
    } else if (!name.startsWith('$')) {
      const constraint = constraints.get(name) ?? {
        values: null,
        range: null,
        prefix: null,
        excludesMissing: false,
      }
      constraints.set(name, constraint)
      readCondition(condition, constraint)
    }
  }
}

function readCondition(condition: unknown, constraint: FieldConstraint): void {
  if (isRegex(condition)) {
    addPrefix(constraint, condition)
    return
  }
  if (!isOperatorDocument(condition)) {
    addValues(constraint, [condition])
    return
  }
  for (const [name, argument] of Object.entries(condition)) {
    if (name === '$eq') addValues(constraint, [argument])
    else if (name === '$in' && Array.isArray(argument)) addValues(constraint, argument)
    else if (name === '$regex') addPrefix(constraint, argument, condition.$options)
    else if (name === '$gt' || name === '$gte') addBound(constraint, 'from', argument, name === '$gte')
    else if (name === '$lt' || name === '$lte') addBound(constraint, 'to', argument, name === '$lte')
  }
}

function addValues(constraint: FieldConstraint, values: unknown[]): void {
  if (constraint.values || !values.every(isIndexValue)) return
  constraint.values = values
  if (values.every((value) => value !== null)) constraint.excludesMissing = true
}

/** An array equals a whole array or an element, `undefined` and expressions have rules of their own. */
function isIndexValue(value: unknown): boolean {
  return value !== undefined && !Array.isArray(value) && !isRegex(value)
}

function addPrefix(constraint: FieldConstraint, expression: unknown, options?: unknown): void {
  const prefix = findRegexPrefix(expression, options)
  if (prefix === null) return
  constraint.prefix ??= prefix
  constraint.excludesMissing = true
}

function addBound(
  constraint: FieldConstraint,
  side: 'from' | 'to',
  value: unknown,
  inclusive: boolean,
): void {
  const rank = typeRank(value)
  if (!RANGE_RANKS.has(rank) || (rank === RANK.number && Number.isNaN(toNumber(value)))) return
  constraint.range ??= { from: null, to: null }
  const other = constraint.range.from ?? constraint.range.to
  if (other && typeRank(other.value) !== rank) return
  constraint.range[side] ??= { value, inclusive }
  constraint.excludesMissing = true
}
