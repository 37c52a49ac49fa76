import { Decimal128, Double, Int32, Long } from 'bson'
import { bsonClass } from '#lib/db/embedded/values/bson-type'
import { toDecimal128, toExact } from '#lib/db/embedded/values/decimal'
import type { ExactDecimal } from '#lib/db/embedded/values/encode-number'
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
  return fromBigInt(exact, width)
}

/** The four types of numbers, from the narrowest to the widest. */
export const WIDTH = { int: 0, long: 1, double: 2, decimal: 3 } as const

export function widthOf(value: unknown): number {
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

/** An int where that is what is wanted and it fits, otherwise a long; null for what no long can hold. */
export function fromBigInt(value: bigint, width: number): Int32 | Long | null {
  if (width === WIDTH.int && BigInt.asIntN(32, value) === value) return new Int32(Number(value))
  return BigInt.asIntN(64, value) === value ? Long.fromBigInt(value) : null
}

function compute(operation: Operation, a: number, b: number): number {
  return operation === 'add' ? a + b : a * b
}

/** A number without what is behind its point; not for NaN and the infinities. */
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
  return toDecimal128(operation === 'add' ? addExact(left, right) : multiplyExact(left, right))
}

function addExact(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = (value: ExactDecimal) => value.coefficient * 10n ** BigInt(value.exponent - exponent)
  return { coefficient: scaled(a) + scaled(b), exponent }
}

function multiplyExact(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent }
}
