import { Double, Int32 } from 'bson'
import { NUMBER_OPERATORS } from '#lib/db/embedded/aggregate/number-operators'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING, writeField } from '#lib/db/embedded/query/field-path'
import { computeNumbers, fromBigInt, toBigInt, WIDTH, widthOf } from '#lib/db/embedded/values/arithmetic'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { compareValues } from '#lib/db/embedded/values/compare-values'
import { encodeKey } from '#lib/db/embedded/values/encode-key'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Gathers the values of one group; a value may be MISSING. */
export interface Accumulator {
  add(value: unknown): void
  result(): unknown
}

export const ACCUMULATORS: Record<string, () => Accumulator> = {
  $sum: createSum,
  $count: () => {
    const sum = createSum()
    return { add: () => sum.add(new Int32(1)), result: sum.result }
  },
  $avg: createAverage,
  $min: () => createExtreme((order) => order < 0),
  $max: () => createExtreme((order) => order > 0),
  $first: () => {
    const values: unknown[] = []
    return {
      add: (value) => void (values.length === 0 && values.push(value)),
      result: () => orNull(values[0]),
    }
  },
  $last: () => {
    let last: unknown = MISSING
    return {
      add: (value) => {
        last = value
      },
      result: () => orNull(last),
    }
  },
  $push: () => {
    const values: unknown[] = []
    return { add: (value) => void (value !== MISSING && values.push(value)), result: () => values }
  },
  $addToSet: () => {
    const values = new Map<string, unknown>()
    return {
      add: (value) => {
        if (value === MISSING) return
        const key = encodeKey(value).toString('latin1')
        if (!values.has(key)) values.set(key, value)
      },
      result: () => [...values.values()],
    }
  },
  $mergeObjects: () => {
    const merged: BsonDocument = {}
    return {
      add: (value) => {
        if (value === MISSING || value === null || value === undefined) return
        if (!isDocument(value)) throw new MongoError(40400, '$mergeObjects requires object inputs')
        for (const [name, field] of Object.entries(value)) writeField(merged, name, field)
      },
      result: () => merged,
    }
  },
}

/** Numbers only; what is not a number counts as nothing. Ints that sum up to more are longs, longs doubles. */
function createSum(): Accumulator {
  const total = createTotal()
  return { add: total.add, result: total.sum }
}

/** A double; a Decimal128 where one is among the numbers. */
function createAverage(): Accumulator {
  const total = createTotal()
  return {
    add: total.add,
    result() {
      if (total.count() === 0) return null
      return NUMBER_OPERATORS.$divide?.run([total.sum(), new Int32(total.count())])
    },
  }
}

/** Whole numbers exactly, doubles with what their sum had to leave out (Neumaier), so that ten times 0.1 is 1. */
function createTotal() {
  let count = 0
  let whole = 0n
  let width: number = WIDTH.int
  let sum = 0
  let rest = 0
  let decimal: unknown = null
  const addDouble = (value: number) => {
    const next = sum + value
    const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    // Beyond the infinite there is nothing left over.
    rest += Number.isFinite(next) ? lost : 0
    sum = next
  }
  return {
    count: () => count,
    add(value: unknown) {
      const number = value === MISSING ? null : toNumber(value)
      if (number === null) return
      count++
      width = Math.max(width, widthOf(value))
      if (widthOf(value) === WIDTH.decimal) decimal = computeNumbers('add', value, decimal ?? new Int32(0))
      else if (widthOf(value) === WIDTH.double) addDouble(number)
      else whole += toBigInt(value)
    },
    sum(): unknown {
      const fitting = width < WIDTH.double ? fromBigInt(whole, width) : null
      if (fitting) return fitting
      const double = new Double(sum + (rest + Number(whole)))
      if (decimal === null) return double
      const others = sum === 0 && rest === 0 ? (fromBigInt(whole, WIDTH.int) ?? double) : double
      return computeNumbers('add', decimal, others)
    },
  }
}

function createExtreme(wins: (order: number) => boolean): Accumulator {
  let best: unknown = null
  let found = false
  return {
    add(value) {
      if (value === MISSING || value === null || value === undefined) return
      if (!found || wins(compareValues(value, best))) best = value
      found = true
    },
    result: () => best,
  }
}

function orNull(value: unknown): unknown {
  return value === MISSING || value === undefined ? null : value
}
