import type { Decimal128, Double, Int32, Long } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonClass } from '#lib/db/embedded/values/bson-type'

/**
 * Numbers of all four BSON types as bytes whose order is the numbers' order: the double just below or equal
 * (8 bytes, sign-adjusted), then what remains above it in units of its last place, as decimal digits, then 0x00.
 * Equal numbers of different types have equal bytes; NaN is lowest; -0 equals 0.
 * @throws BadValue for a Decimal128 beyond the range of doubles.
 */
export function encodeNumber(value: unknown): Buffer {
  const exact = exactNumber(value)
  if (typeof exact === 'number') return withDigits(exact, '')
  return encodeExact(exact)
}

/** A number as JavaScript can compare it exactly, or as coefficient and power of ten where it cannot. */
export function exactNumber(value: unknown): number | ExactDecimal {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return fromBigInt(value)
  switch (bsonClass(value)) {
    case 'Int32':
    case 'Double':
      return (value as Int32 | Double).valueOf()
    case 'Long':
      return fromBigInt((value as Long).toBigInt())
    default:
      return fromDecimal((value as Decimal128).toString())
  }
}

export interface ExactDecimal {
  coefficient: bigint
  exponent: number
}

function fromBigInt(value: bigint): number | ExactDecimal {
  const near = Number(value)
  return Number.isSafeInteger(near) ? near : { coefficient: value, exponent: 0 }
}

function fromDecimal(text: string): number | ExactDecimal {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:E([+-]?\d+))?$/i.exec(text)
  if (!match) return text === 'NaN' ? Number.NaN : text.startsWith('-') ? -Infinity : Infinity
  const [, sign = '', whole = '', fraction = '', power = '0'] = match
  const coefficient = BigInt(`${sign}${whole}${fraction}`)
  if (coefficient === 0n) return 0
  return { coefficient, exponent: Number(power) - fraction.length }
}

function encodeExact(value: ExactDecimal): Buffer {
  let below = Number(`${value.coefficient}e${value.exponent}`)
  if (!Number.isFinite(below)) {
    throw new MongoError(2, 'Decimal128 numbers beyond the range of doubles are not supported here.')
  }
  let digits = remainderDigits(value, below)
  while (digits === null) {
    below = nextDown(below)
    digits = remainderDigits(value, below)
  }
  return withDigits(below, digits)
}

/** (value - below) in units of below's last place, as digits after the point; null when value lies under it. */
function remainderDigits({ coefficient, exponent }: ExactDecimal, below: number): string | null {
  const { mantissa, power } = splitDouble(below)
  // value / 2^power - mantissa, written over a power of ten: 1/2^p is 5^p/10^p.
  const scaled = power >= 0 ? coefficient * 5n ** BigInt(power) : coefficient * 2n ** BigInt(-power)
  const places = power >= 0 ? power - exponent : -exponent
  const rest =
    places >= 0 ? scaled - mantissa * 10n ** BigInt(places) : scaled * 10n ** BigInt(-places) - mantissa
  if (rest < 0n) return null
  if (rest === 0n) return ''
  return rest.toString().padStart(Math.max(places, 0), '0').replace(/0+$/, '')
}

const scratch = Buffer.alloc(8)

function splitDouble(value: number): { mantissa: bigint; power: number } {
  scratch.writeDoubleBE(value)
  const bits = scratch.readBigUInt64BE()
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n
  return { mantissa: value < 0 ? -mantissa : mantissa, power: Math.max(exponent, 1) - 1075 }
}

function nextDown(value: number): number {
  if (value === 0) return -Number.MIN_VALUE
  scratch.writeDoubleBE(value)
  const bits = scratch.readBigUInt64BE()
  scratch.writeBigUInt64BE(value > 0 ? bits - 1n : bits + 1n)
  return scratch.readDoubleBE()
}

function withDigits(value: number, digits: string): Buffer {
  const bytes = Buffer.alloc(9 + digits.length)
  if (Number.isNaN(value)) return bytes
  bytes.writeDoubleBE(value === 0 ? 0 : value)
  if ((bytes[0] ?? 0) & 0x80) for (let i = 0; i < 8; i++) bytes[i] = ~(bytes[i] ?? 0)
  else bytes[0] = (bytes[0] ?? 0) | 0x80
  bytes.write(digits, 8, 'latin1')
  return bytes
}
