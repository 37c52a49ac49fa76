import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileElementTest, compileFilter, isOperatorDocument } from '#lib/db/embedded/query/compile-filter'
import { isRegex } from '#lib/db/embedded/query/compile-regex'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { buildSortKey, parseSort } from '#lib/db/embedded/query/sort-key'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { buildValueTest } from '#lib/db/embedded/query/value-tests'
import type { FieldChange } from '#lib/db/embedded/update/change-at-path'
import { cloneValue } from '#lib/db/embedded/update/clone-value'
import type { BuildChange } from '#lib/db/embedded/update/field-operators'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { compareValues, valuesEqual } from '#lib/db/embedded/values/compare-values'
import { toNumber } from '#lib/db/embedded/values/to-number'

export const ARRAY_OPERATORS: Record<string, BuildChange> = {
  $push: (argument, path) => ({ creates: true, change: buildPush(argument, path) }),
  $addToSet: (argument, path) => ({ creates: true, change: buildAddToSet(argument, path) }),
  $pull: (argument, path) => ({ creates: false, change: buildPull(buildPullTest(argument), '$pull', path) }),
  $pullAll: (argument, path) => {
    if (!Array.isArray(argument)) throw new MongoError(2, '$pullAll requires an array argument')
    const test = (item: unknown) => argument.some((value) => valuesEqual(value, item))
    return { creates: false, change: buildPull(test, '$pullAll', path) }
  },
  $pop: (argument, path) => ({ creates: false, change: buildPop(argument, path) }),
}

const PUSH_MODIFIERS = ['$each', '$slice', '$sort', '$position']

interface Push {
  items: unknown[]
  position: number | null
  slice: number | null
  sort: ((items: unknown[]) => unknown[]) | null
}

function buildPush(argument: unknown, path: string): FieldChange {
  const { items, position, slice, sort } = parsePush(argument)
  return (old) => {
    const array = requireArray(old, path)
    const at =
      position === null ? array.length : position < 0 ? Math.max(array.length + position, 0) : position
    let next = [...array.slice(0, at), ...items.map(cloneValue), ...array.slice(at)]
    if (sort) next = sort(next)
    if (slice === null) return next
    return slice < 0 ? next.slice(slice) : next.slice(0, slice)
  }
}

function parsePush(argument: unknown): Push {
  if (!isDocument(argument) || !Object.hasOwn(argument, '$each')) {
    return { items: [argument], position: null, slice: null, sort: null }
  }
  const unknown = Object.keys(argument).find((name) => !PUSH_MODIFIERS.includes(name))
  if (unknown) throw new MongoError(2, `Unrecognized clause in $push: ${unknown}`)
  if (!Array.isArray(argument.$each)) {
    throw new MongoError(
      2,
      `The argument to $each in $push must be an array but it was of type: ${bsonTypeName(argument.$each)}`,
    )
  }
  return {
    items: argument.$each,
    position: readWhole(argument.$position, '$position'),
    slice: readWhole(argument.$slice, '$slice'),
    sort: argument.$sort === undefined ? null : buildSort(argument.$sort),
  }
}

function readWhole(value: unknown, name: string): number | null {
  if (value === undefined) return null
  const number = toNumber(value)
  if (number === null || !Number.isInteger(number))
    throw new MongoError(2, `The value for ${name} must be an integer value`)
  return number
}

function buildSort(sort: unknown): (items: unknown[]) => unknown[] {
  if (isDocument(sort)) {
    const fields = parseSort(sort)
    const keyOf = (item: unknown) => buildSortKey(isDocument(item) ? item : {}, fields)
    return (items) =>
      items
        .map((item) => ({ item, key: keyOf(item) }))
        .sort((a, b) => Buffer.compare(a.key, b.key))
        .map(({ item }) => item)
  }
  const direction = toNumber(sort)
  if (direction !== 1 && direction !== -1)
    throw new MongoError(2, 'The $sort element value must be either 1 or -1')
  return (items) => [...items].sort((a, b) => direction * compareValues(a, b))
}

function buildAddToSet(argument: unknown, path: string): FieldChange {
  const each = isDocument(argument) && Object.hasOwn(argument, '$each')
  const items = each ? argument.$each : [argument]
  if (!Array.isArray(items)) {
    throw new MongoError(
      14,
      `The argument to $each in $addToSet must be an array but it was of type ${bsonTypeName(items)}`,
    )
  }
  return (old) => {
    const next = [...requireArray(old, path)]
    for (const item of items) if (!next.some((value) => valuesEqual(value, item))) next.push(cloneValue(item))
    return next
  }
}

function buildPullTest(argument: unknown): (item: unknown) => boolean {
  if (isRegex(argument)) return buildValueTest('$regex', argument)
  if (isOperatorDocument(argument)) return compileElementTest(argument)
  if (!isDocument(argument)) return (item) => valuesEqual(item, argument)
  const matches = compileFilter(argument)
  return (item) => isDocument(item) && matches(item as BsonDocument)
}

function buildPull(test: (item: unknown) => boolean, operator: string, path: string): FieldChange {
  return (old) => {
    if (old === MISSING) return MISSING
    if (!Array.isArray(old)) throw new MongoError(2, `Cannot apply ${operator} to a non-array value: ${path}`)
    return old.filter((item) => !test(item))
  }
}

function buildPop(argument: unknown, path: string): FieldChange {
  const direction = toNumber(argument)
  if (direction !== 1 && direction !== -1)
    throw new MongoError(9, `$pop expects 1 or -1, found: ${String(argument)}`)
  return (old) => {
    if (old === MISSING) return MISSING
    if (!Array.isArray(old)) {
      throw new MongoError(14, `Path '${path}' contains an element of non-array type '${bsonTypeName(old)}'`)
    }
    return direction === 1 ? old.slice(0, -1) : old.slice(1)
  }
}

function requireArray(old: unknown, path: string): unknown[] {
  if (old === MISSING) return []
  if (!Array.isArray(old)) {
    throw new MongoError(2, `The field '${path}' must be an array but is of type ${bsonTypeName(old)}`)
  }
  return old
}
