import { Int32 } from 'bson'
import { isTrue } from '#lib/db/embedded/aggregate/is-true'
import { isNothing, type Operator } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { compareValues } from '#lib/db/embedded/values/compare-values'
import { encodeKey } from '#lib/db/embedded/values/encode-key'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Operators on arrays (manual, "Array" and "Set Expression Operators") that hand their elements on as they are. */
export const ARRAY_OPERATORS: Record<string, Operator> = {
  $arrayElemAt: { min: 2, max: 2, run: ([array, at]) => pick('$arrayElemAt', array, at) },
  $first: { min: 1, max: 1, run: ([array]) => pick('$first', array, new Int32(0)) },
  $last: { min: 1, max: 1, run: ([array]) => pick('$last', array, new Int32(-1)) },
  $slice: { min: 2, max: 3, run: slice },
  $concatArrays: { min: 0, run: (arrays) => join('$concatArrays', 28664, arrays) },
  $reverseArray: {
    min: 1,
    max: 1,
    run: ([array]) => mapArray('$reverseArray', 34435, array, (items) => items.toReversed()),
  },
  $isArray: { min: 1, max: 1, run: ([value]) => Array.isArray(value) },
  $size: { min: 1, max: 1, run: ([array]) => new Int32(requireArray('$size', 17124, array).length) },
  $in: {
    min: 2,
    max: 2,
    run: ([value, array]) => requireArray('$in', 40081, array).some((item) => same(item, value)),
  },
  $indexOfArray: { min: 2, max: 4, run: findIndex },
  $range: { min: 2, max: 3, run: buildRange },
  $setUnion: {
    min: 0,
    run: (arrays) => mapArray('$setUnion', 17043, join('$setUnion', 17043, arrays), distinct),
  },
  $setIntersection: {
    min: 0,
    run: (arrays) =>
      arrays.some(isNothing)
        ? null
        : arrays.length === 0
          ? []
          : arrays
              .map((array) => distinct(requireArray('$setIntersection', 17047, array)))
              .reduce((left, right) => keepThoseOf(left, right, true)),
  },
  $setDifference: {
    min: 2,
    max: 2,
    run: ([a, b]) => {
      if (isNothing(a) || isNothing(b)) return null
      const taken = requireArray('$setDifference', 17049, b)
      return keepThoseOf(distinct(requireArray('$setDifference', 17048, a)), taken, false)
    },
  },
  $setEquals: {
    min: 2,
    run: (arrays) => {
      const [first = [], ...others] = arrays.map((array) => requireArray('$setEquals', 17044, array))
      return others.every((other) => isSubset(first, other) && isSubset(other, first))
    },
  },
  $setIsSubset: {
    min: 2,
    max: 2,
    run: ([a, b]) => isSubset(requireArray('$setIsSubset', 17046, a), requireArray('$setIsSubset', 17042, b)),
  },
  $allElementsTrue: {
    min: 1,
    max: 1,
    run: ([array]) => requireArray('$allElementsTrue', 17040, array).every(isTrue),
  },
  $anyElementTrue: {
    min: 1,
    max: 1,
    run: ([array]) => requireArray('$anyElementTrue', 17041, array).some(isTrue),
  },
}

/** @throws MongoError with this code for what is no array, null and missing too */
export function requireArray(name: string, code: number, value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw new MongoError(
    code,
    `The argument to ${name} must be an array, but was of type: ${bsonTypeName(value)}`,
  )
}

/** Whole numbers only. @throws MongoError with this code */
function requireWhole(name: string, code: number, value: unknown): number {
  const number = isNothing(value) ? null : toNumber(value)
  if (number !== null && Number.isInteger(number) && Math.abs(number) <= 2 ** 31) return number
  throw new MongoError(code, `${name} requires a whole number, found: ${bsonTypeName(value)}`)
}

function mapArray(
  name: string,
  code: number,
  value: unknown,
  change: (items: unknown[]) => unknown[],
): unknown {
  return isNothing(value) ? null : change(requireArray(name, code, value))
}

function join(name: string, code: number, arrays: unknown[]): unknown[] | null {
  return arrays.some(isNothing) ? null : arrays.flatMap((array) => requireArray(name, code, array))
}

function pick(name: string, array: unknown, at: unknown): unknown {
  if (isNothing(array) || isNothing(at)) return null
  const items = requireArray(name, 28689, array)
  const index = requireWhole(name, 28691, at)
  const found = index < 0 ? index + items.length : index
  return found >= 0 && found < items.length ? items[found] : MISSING
}

function slice([array, first, second]: unknown[]): unknown {
  if (isNothing(array) || isNothing(first) || (second !== undefined && isNothing(second))) return null
  const items = requireArray('$slice', 28724, array)
  const place = requireWhole('$slice', 28725, first)
  if (second === undefined) return place < 0 ? items.slice(place) : items.slice(0, place)
  const count = requireWhole('$slice', 28727, second)
  if (count <= 0) throw new MongoError(28729, 'Third argument to $slice must be positive')
  const start = place < 0 ? Math.max(items.length + place, 0) : place
  return items.slice(start, start + count)
}

function findIndex([array, value, start, end]: unknown[]): unknown {
  if (isNothing(array)) return null
  const items = requireArray('$indexOfArray', 40090, array)
  const from = start === undefined ? 0 : requireWhole('$indexOfArray', 40096, start)
  const to = end === undefined ? items.length : requireWhole('$indexOfArray', 40096, end)
  if (from < 0 || to < 0)
    throw new MongoError(40097, '$indexOfArray requires a nonnegative starting and ending index')
  return new Int32(items.findIndex((item, i) => i >= from && i < to && same(item, value)))
}

const RANGE_MAX = 1_000_000

function buildRange([start, end, step = new Int32(1)]: unknown[]): unknown[] {
  const from = requireWhole('$range', 34443, start)
  const to = requireWhole('$range', 34445, end)
  const by = requireWhole('$range', 34447, step)
  if (by === 0) throw new MongoError(34449, '$range requires a non-zero step value')
  const length = Math.max(0, Math.ceil((to - from) / by))
  if (length > RANGE_MAX)
    throw new MongoError(146, `$range would make ${length} numbers; ${RANGE_MAX} is the most.`)
  return Array.from({ length }, (_, i) => new Int32(from + i * by))
}

/** The first of each value, in order. */
function distinct(items: unknown[]): unknown[] {
  const found = new Map<string, unknown>()
  for (const item of items) {
    const key = keyOf(item)
    if (!found.has(key)) found.set(key, item)
  }
  return [...found.values()]
}

/** Those that are among `others`, or those that are not. */
function keepThoseOf(items: unknown[], others: unknown[], wanted: boolean): unknown[] {
  const keys = new Set(others.map(keyOf))
  return items.filter((item) => keys.has(keyOf(item)) === wanted)
}

function isSubset(items: unknown[], of: unknown[]): boolean {
  return keepThoseOf(items, of, false).length === 0
}

function keyOf(value: unknown): string {
  return encodeKey(value).toString('latin1')
}

function same(item: unknown, value: unknown): boolean {
  return compareValues(item, value === MISSING ? undefined : value) === 0
}
