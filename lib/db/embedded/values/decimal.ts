import { Decimal128 } from 'bson'
import { bsonClass } from '#lib/db/embedded/values/bson-type'
import { type ExactDecimal, exactNumber } from '#lib/db/embedded/values/encode-number'

/** What a Decimal128 holds, and how many digits of a double MongoDB takes over when it makes one a Decimal128. */
const DIGITS = 34
const DIGITS_OF_DOUBLE = 15
/** Beyond these powers of ten a Decimal128 is infinite, or zero. */
const POWER_MAX = 6144
const POWER_MIN = -6176

/**
 * A number as coefficient and power of ten; NaN and the infinities stay numbers. A double is read as its 15 leading
 * digits, or as many as are wanted.
 */
export function toExact(value: unknown, digits = DIGITS_OF_DOUBLE): ExactDecimal | number {
  const exact = exactNumber(value)
  if (typeof exact !== 'number' || !Number.isFinite(exact)) return exact
  if (bsonClass(value) !== 'Double' && Number.isSafeInteger(exact)) {
    return { coefficient: BigInt(exact), exponent: 0 }
  }
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(exact.toExponential(digits - 1)) ?? []
  return { coefficient: BigInt(`${sign}${whole}${fraction}`), exponent: Number(power) - fraction.length }
}

export function toDecimal128({ coefficient, exponent }: ExactDecimal): Decimal128 {
  const power = exponent + digitsOf(coefficient) - 1
  if (power > POWER_MAX) return Decimal128.fromString(coefficient < 0n ? '-Infinity' : 'Infinity')
  if (power < POWER_MIN) return Decimal128.fromString('0')
  return Decimal128.fromStringWithRounding(`${coefficient}E${exponent}`)
}

/** a ÷ b to 34 digits; b is not zero. */
export function divideExact(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const places = BigInt(Math.max(0, DIGITS + 2 - digitsOf(a.coefficient) + digitsOf(b.coefficient)))
  const scaled = a.coefficient * 10n ** places
  const exponent = a.exponent - b.exponent - Number(places)
  const quotient = { coefficient: scaled / b.coefficient, exponent }
  // One digit more where something remains, so that rounding to 34 sees that it does.
  if (scaled % b.coefficient !== 0n) {
    const further = scaled < 0n === b.coefficient < 0n ? 1n : -1n
    return { coefficient: quotient.coefficient * 10n + further, exponent: exponent - 1 }
  }
  return trimZeros(quotient, a.exponent - b.exponent)
}

/** The remainder of a ÷ b with the sign of a. */
export function remainderExact(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const exponent = Math.min(a.exponent, b.exponent)
  return { coefficient: scaleTo(a, exponent) % scaleTo(b, exponent), exponent }
}

/** Rounds to `place` digits behind the point (before it where negative): to even at halves, up, down or towards 0. */
export function roundExact(
  value: ExactDecimal,
  place: number,
  way: 'even' | 'up' | 'down' | 'trunc',
): ExactDecimal {
  if (value.exponent >= -place) return value
  const unit = 10n ** BigInt(-place - value.exponent)
  const whole = value.coefficient / unit
  const rest = value.coefficient % unit
  return { coefficient: whole + step(way, whole, rest, unit), exponent: -place }
}

function step(way: 'even' | 'up' | 'down' | 'trunc', whole: bigint, rest: bigint, unit: bigint): bigint {
  if (rest === 0n || way === 'trunc') return 0n
  if (way === 'up') return rest > 0n ? 1n : 0n
  if (way === 'down') return rest < 0n ? -1n : 0n
  const twice = (rest < 0n ? -rest : rest) * 2n
  const away = rest < 0n ? -1n : 1n
  return twice > unit || (twice === unit && whole % 2n !== 0n) ? away : 0n
}

function scaleTo(value: ExactDecimal, exponent: number): bigint {
  return value.coefficient * 10n ** BigInt(value.exponent - exponent)
}

function digitsOf(value: bigint): number {
  return String(value < 0n ? -value : value).length
}

function trimZeros(value: ExactDecimal, exponentMax: number): ExactDecimal {
  let { coefficient, exponent } = value
  while (exponent < exponentMax && coefficient % 10n === 0n) {
    coefficient /= 10n
    exponent++
  }
  return { coefficient, exponent }
}
