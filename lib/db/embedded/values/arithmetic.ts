import { Decimal128, Double, Int32, Long } from 'bson'
import { bsonClass } from '#lib/db/embedded/values/bson-type'
import { type ExactDecimal, exactNumber } from '#lib/db/embedded/values/encode-number'
import { toNumber } from '#lib/db/embedded/values/to-number'

type Operation = 'add' | 'multiply'

/**
 * Adds or multiplies as MongoDB does: the result has the wider of the two types, an int that overflows becomes a long.
 * @returns null when a long overflows: MongoDB refuses that in updates and turns to doubles in aggregation.
 */
export function computeNumbers(operation: Operation, a: unknown, b: unknown): unknown {
  const width = Math.max(widthOf(a), widthOf(b))
  if (width === WIDTH.decimal) return computeDecimals(operation, a, b)
  if (width === WIDTH.double) return new Double(compute(operation, toNumber(a) ?? 0, toNumber(b) ?? 0))
  const exact = operation === 'add' ? toBigInt(a) + toBigInt(b) : toBigInt(a) * toBigInt(b)
  if (width === WIDTH.int && BigInt.asIntN(32, exact) === exact) return new Int32(Number(exact))
  return BigInt.asIntN(64, exact) === exact ? Long.fromBigInt(exact) : null
}

const WIDTH = { int: 0, long: 1, double: 2, decimal: 3 } as const

function widthOf(value: unknown): number {
  switch (bsonClass(value)) {
    case 'Int32':
      return WIDTH.int
    case 'Long':
      return WIDTH.long
    case 'Decimal128':
      return WIDTH.decimal
    case 'Double':
      return WIDTH.double
    default:
      return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31 ? WIDTH.int : WIDTH.double
  }
}

function compute(operation: Operation, a: number, b: number): number {
  return operation === 'add' ? a + b : a * b
}

export function toBigInt(value: unknown): bigint {
  return bsonClass(value) === 'Long' ? (value as Long).toBigInt() : BigInt(Math.trunc(toNumber(value) ?? 0))
}

function computeDecimals(operation: Operation, a: unknown, b: unknown): Decimal128 {
  const left = toExact(a)
  const right = toExact(b)
  if (typeof left === 'number' || typeof right === 'number') {
    const special = compute(operation, toNumber(a) ?? 0, toNumber(b) ?? 0)
    return Decimal128.fromString(String(special))
  }
  const result = operation === 'add' ? addExact(left, right) : multiplyExact(left, right)
  return Decimal128.fromStringWithRounding(`${result.coefficient}E${result.exponent}`)
}

/** NaN and the infinities stay numbers. */
function toExact(value: unknown): ExactDecimal | number {
  const exact = exactNumber(value)
  if (typeof exact !== 'number') return exact
  if (!Number.isFinite(exact)) return exact
  const again = exactNumber(Decimal128.fromStringWithRounding(String(exact)))
  return typeof again === 'number' ? { coefficient: BigInt(Math.trunc(again)), exponent: 0 } : again
}

function addExact(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = (value: ExactDecimal) => value.coefficient * 10n ** BigInt(value.exponent - exponent)
  return { coefficient: scaled(a) + scaled(b), exponent }
}

function multiplyExact(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent }
}
