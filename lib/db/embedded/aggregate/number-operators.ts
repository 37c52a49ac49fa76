import { Decimal128, Double, Int32, Long } from 'bson'
import { isNothing, type Operator } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { computeNumbers, fromBigInt, toBigInt, WIDTH, widthOf } from '#lib/db/embedded/values/arithmetic'
import {
  divideExact,
  remainderExact,
  roundExact,
  toDecimal128,
  toExact,
} from '#lib/db/embedded/values/decimal'
import { exactNumber } from '#lib/db/embedded/values/encode-number'
import { toNumber } from '#lib/db/embedded/values/to-number'

/**
 * Arithmetic with MongoDB's types (manual, "Arithmetic Expression Operators"): ints stay ints until they overflow, then
 * become longs, and longs doubles; a double makes the result one, a Decimal128 even more so. Null for null and missing.
 */
export const NUMBER_OPERATORS: Record<string, Operator> = {
  $add: { min: 0, run: add },
  $subtract: { min: 2, max: 2, run: ([a, b]) => subtract(a, b) },
  $multiply: { min: 0, run: multiply },
  $divide: { min: 2, max: 2, run: ([a, b]) => divide(a, b) },
  $mod: { min: 2, max: 2, run: ([a, b]) => findRemainder(a, b) },
  $abs: { min: 1, max: 1, run: ([value]) => findMagnitude(value) },
  $ceil: { min: 1, max: 1, run: ([value]) => round('$ceil', value, new Int32(0), 'up') },
  $floor: { min: 1, max: 1, run: ([value]) => round('$floor', value, new Int32(0), 'down') },
  $round: { min: 1, max: 2, run: ([value, place = new Int32(0)]) => round('$round', value, place, 'even') },
  $trunc: { min: 1, max: 2, run: ([value, place = new Int32(0)]) => round('$trunc', value, place, 'trunc') },
  $pow: { min: 2, max: 2, run: ([base, exponent]) => raise(base, exponent) },
  $bitAnd: { min: 0, run: (values) => combineBits('$bitAnd', values, -1n, (a, b) => a & b) },
  $bitOr: { min: 0, run: (values) => combineBits('$bitOr', values, 0n, (a, b) => a | b) },
  $bitXor: { min: 0, run: (values) => combineBits('$bitXor', values, 0n, (a, b) => a ^ b) },
  $bitNot: { min: 1, max: 1, run: ([value]) => combineBits('$bitNot', [value], -1n, (a, b) => a ^ b) },
}

/** A date may be among the numbers: then the sum is a date, and they are milliseconds. */
function add(values: unknown[]): unknown {
  if (values.some(isNothing)) return null
  const dates = values.filter((value) => value instanceof Date)
  if (dates.length > 1) throw new MongoError(16612, 'only one date allowed in an $add expression')
  const numbers = values.filter((value) => !(value instanceof Date))
  for (const value of numbers) {
    if (toNumber(value) === null)
      throw new MongoError(14, `$add only supports numeric or date types, not ${bsonTypeName(value)}`)
  }
  const sum = combine('add', numbers, new Int32(0))
  const [date] = dates
  return date ? moveDate(date, toNumber(sum) ?? 0) : sum
}

function subtract(a: unknown, b: unknown): unknown {
  if (isNothing(a) || isNothing(b)) return null
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime())
  const [from, taken] = [a instanceof Date ? a.getTime() : toNumber(a), toNumber(b)]
  if (from === null || taken === null) {
    throw new MongoError(14, `can't $subtract ${bsonTypeName(b)} from ${bsonTypeName(a)}`)
  }
  if (a instanceof Date) return moveDate(a, -taken)
  const width = Math.max(widthOf(a), widthOf(b))
  if (width === WIDTH.decimal) return computeNumbers('add', a, computeNumbers('multiply', b, new Int32(-1)))
  if (width === WIDTH.double) return new Double(from - taken)
  return fromBigInt(toBigInt(a) - toBigInt(b), width) ?? new Double(from - taken)
}

function moveDate(date: Date, milliseconds: number): Date {
  const moved = new Date(date.getTime() + Math.round(milliseconds))
  if (Number.isNaN(moved.getTime())) throw new MongoError(15, 'date overflow')
  return moved
}

function multiply(values: unknown[]): unknown {
  if (values.some(isNothing)) return null
  for (const value of values) {
    if (toNumber(value) === null)
      throw new MongoError(14, `$multiply only supports numeric types, not ${bsonTypeName(value)}`)
  }
  return combine('multiply', values, new Int32(1))
}

/** In order; a long that overflows goes on as a double. */
function combine(operation: 'add' | 'multiply', values: unknown[], start: unknown): unknown {
  const result = values.reduce((left, right) => {
    const [a, b] = [toNumber(left) ?? 0, toNumber(right) ?? 0]
    return computeNumbers(operation, left, right) ?? new Double(operation === 'add' ? a + b : a * b)
  }, start)
  return narrow(result, values)
}

/** Of ints alone an int is made where it fits, also when something on the way did not. */
function narrow(value: unknown, from: unknown[]): unknown {
  if (widthOf(value) !== WIDTH.long || from.some((one) => widthOf(one) !== WIDTH.int)) return value
  return fromBigInt(toBigInt(value), WIDTH.int)
}

/** A double, or a Decimal128 where one is among the two. */
function divide(a: unknown, b: unknown): unknown {
  if (isNothing(a) || isNothing(b)) return null
  const [dividend, divisor] = [toNumber(a), toNumber(b)]
  if (dividend === null || divisor === null) {
    throw new MongoError(
      14,
      `$divide only supports numeric types, not ${bsonTypeName(a)} and ${bsonTypeName(b)}`,
    )
  }
  if (divisor === 0) throw new MongoError(2, "can't $divide by zero")
  if (Math.max(widthOf(a), widthOf(b)) < WIDTH.decimal) return new Double(dividend / divisor)
  const [left, right] = [toExact(a), toExact(b)]
  if (typeof left === 'number' || typeof right === 'number') return specialDecimal(dividend / divisor)
  return toDecimal128(divideExact(left, right))
}

/** With the sign of the dividend. A double without a fraction that fits an int counts as one behind an integer. */
function findRemainder(a: unknown, b: unknown): unknown {
  if (isNothing(a) || isNothing(b)) return null
  const [dividend, divisor] = [toNumber(a), toNumber(b)]
  if (dividend === null || divisor === null) {
    throw new MongoError(
      16611,
      `$mod only supports numeric types, not ${bsonTypeName(a)} and ${bsonTypeName(b)}`,
    )
  }
  if (divisor === 0) throw new MongoError(16610, "can't $mod by zero")
  const width = Math.max(widthOf(a), widthOf(b))
  if (width === WIDTH.decimal) {
    const [left, right] = [toExact(a), toExact(b)]
    if (typeof left === 'number' || typeof right === 'number') return specialDecimal(dividend % divisor)
    return toDecimal128(remainderExact(left, right))
  }
  const actsAsInt = widthOf(b) === WIDTH.double && divisor === (divisor | 0)
  if (widthOf(a) === WIDTH.double || (widthOf(b) === WIDTH.double && !actsAsInt)) {
    return new Double(dividend % divisor)
  }
  return fromBigInt(toBigInt(a) % toBigInt(b), actsAsInt ? widthOf(a) : width)
}

function findMagnitude(value: unknown): unknown {
  if (isNothing(value)) return null
  const number = toNumber(value)
  if (number === null)
    throw new MongoError(28765, `$abs only supports numeric types, not ${bsonTypeName(value)}`)
  if (widthOf(value) === WIDTH.double) return new Double(Math.abs(number))
  if (widthOf(value) === WIDTH.decimal) return Decimal128.fromString(String(value).replace(/^-/, ''))
  const whole = toBigInt(value)
  const magnitude = fromBigInt(whole < 0n ? -whole : whole, widthOf(value))
  if (!magnitude) throw new MongoError(28680, "can't take $abs of long long min")
  return magnitude
}

function round(name: string, value: unknown, place: unknown, way: 'even' | 'up' | 'down' | 'trunc'): unknown {
  if (isNothing(value) || isNothing(place)) return null
  const [number, digits] = [toNumber(value), toNumber(place)]
  if (number === null)
    throw new MongoError(
      /ceil|floor/.test(name) ? 28765 : 51081,
      `${name} only supports numeric types, not ${bsonTypeName(value)}`,
    )
  if (digits === null || !Number.isInteger(digits) || digits < -20 || digits > 100) {
    throw new MongoError(
      51083,
      `cannot apply ${name} with precision value ${String(place)} value must be in [-20, 100]`,
    )
  }
  // A double as all the digits it stands for: 2.675 is a little less, and is rounded down.
  const exact = toExact(value, 34)
  if (typeof exact === 'number') return value
  const rounded = roundExact(exact, digits, way)
  if (widthOf(value) === WIDTH.decimal) return toDecimal128(rounded)
  if (widthOf(value) === WIDTH.double) return new Double(Number(`${rounded.coefficient}e${rounded.exponent}`))
  const whole = rounded.coefficient * 10n ** BigInt(Math.max(rounded.exponent, 0))
  const fitting = fromBigInt(whole, widthOf(value))
  if (!fitting) throw new MongoError(51080, `invalid conversion from rounded value to long`)
  return fitting
}

/** Whole numbers stay whole where a long holds the result. */
function raise(base: unknown, exponent: unknown): unknown {
  if (isNothing(base) || isNothing(exponent)) return null
  const [number, power] = [toNumber(base), toNumber(exponent)]
  if (number === null) throw new MongoError(28762, `$pow's base must be numeric, not ${bsonTypeName(base)}`)
  if (power === null)
    throw new MongoError(28763, `$pow's exponent must be numeric, not ${bsonTypeName(exponent)}`)
  if (number === 0 && power < 0)
    throw new MongoError(28764, '$pow cannot take a base of 0 and a negative exponent')
  const width = Math.max(widthOf(base), widthOf(exponent))
  if (width === WIDTH.decimal) throw new MongoError(238, '$pow of a Decimal128 is not supported here.')
  const small = Math.abs(number) <= 1
  if (width === WIDTH.double || (power < 0 && !small) || (power > 63 && !small))
    return new Double(number ** power)
  const whole = small ? BigInt(number ** Math.abs(power % 2 || 2)) : toBigInt(base) ** BigInt(power)
  return fromBigInt(power === 0 ? 1n : whole, width) ?? new Double(number ** power)
}

function combineBits(
  name: string,
  values: unknown[],
  start: bigint,
  combineTwo: (a: bigint, b: bigint) => bigint,
): unknown {
  if (values.some(isNothing)) return null
  if (values.some((value) => toNumber(value) === null || widthOf(value) > WIDTH.long)) {
    throw new MongoError(14, `${name} only supports int and long operands.`)
  }
  const width = Math.max(WIDTH.int, ...values.map(widthOf))
  return fromBigInt(values.map(toBigInt).reduce(combineTwo, start), width)
}

/** What becomes of NaN and the infinities. */
function specialDecimal(value: number): Decimal128 {
  const exact = exactNumber(new Double(value))
  return typeof exact === 'number' && Number.isFinite(exact)
    ? Decimal128.fromStringWithRounding(String(exact))
    : Decimal128.fromString(String(value))
}
