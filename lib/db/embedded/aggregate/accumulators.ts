import { Double, Int32 } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING, writeField } from '#lib/db/embedded/query/field-path'
import { computeNumbers } from '#lib/db/embedded/values/arithmetic'
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

/** Numbers only; what is not a number counts as nothing. Overflowing longs become doubles. */
function createSum(): Accumulator {
  let sum: unknown = new Int32(0)
  return {
    add(value) {
      if (value === MISSING || toNumber(value) === null) return
      sum = computeNumbers('add', sum, value) ?? new Double((toNumber(sum) ?? 0) + (toNumber(value) ?? 0))
    },
    result: () => sum,
  }
}

function createAverage(): Accumulator {
  let sum = 0
  let count = 0
  return {
    add(value) {
      const number = value === MISSING ? null : toNumber(value)
      if (number === null) return
      sum += number
      count++
    },
    result: () => (count === 0 ? null : new Double(sum / count)),
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
