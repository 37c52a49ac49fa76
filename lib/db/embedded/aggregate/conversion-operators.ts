import { Decimal128, Double, Int32, Long, ObjectId } from 'bson'
import { isNothing, type Operator } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonTypeName, parseBsonType } from '#lib/db/embedded/query/type-test'
import { toBigInt } from '#lib/db/embedded/values/arithmetic'
import { bsonClass, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { toDecimal128, toExact } from '#lib/db/embedded/values/decimal'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** `$type` and the short forms of `$convert` (manual, "Type Expression Operators"). Null for null and missing. */
export const CONVERSION_OPERATORS: Record<string, Operator> = {
  $type: { min: 1, max: 1, run: ([value]) => bsonTypeName(value) },
  $isNumber: { min: 1, max: 1, run: ([value]) => toNumberOrNull(value) !== null },
  ...Object.fromEntries(
    ['int', 'long', 'double', 'decimal', 'string', 'bool', 'date', 'objectId'].map(
      (type): [string, Operator] => [
        `$to${type.charAt(0).toUpperCase()}${type.slice(1)}`,
        { min: 1, max: 1, run: ([value]) => (isNothing(value) ? null : convertValue(value, type)) },
      ],
    ),
  ),
}

const CONVERSIONS: Record<string, (value: unknown) => unknown> = {
  int: (value) => toInteger(value, 'int'),
  long: (value) => toInteger(value, 'long'),
  double: toDouble,
  decimal: toDecimal,
  string: toText,
  bool: (value) => (typeof value === 'boolean' ? value : toNumberOrNull(value) !== 0),
  date: toDate,
  objectId: toObjectId,
}

/**
 * A value as another BSON type, named or numbered as for `$convert`.
 * @throws ConversionFailure (241) for what cannot be converted, BadValue for a type nothing is converted to
 */
export function convertValue(value: unknown, to: unknown): unknown {
  const type = parseBsonType(to)
  if (bsonTypeName(value) === type) return value
  const convert = Object.hasOwn(CONVERSIONS, type) ? CONVERSIONS[type] : undefined
  if (!convert) throw cannot(value, type)
  return convert(value)
}

/** What is behind the point is cut off. */
function toInteger(value: unknown, type: 'int' | 'long'): Int32 | Long {
  const bits = type === 'int' ? 32 : 64
  const whole = readWhole(value, type)
  if (BigInt.asIntN(bits, whole) !== whole) {
    throw new MongoError(
      241,
      `Conversion would overflow target type in $convert with no onError value: ${String(value)}`,
    )
  }
  return type === 'int' ? new Int32(Number(whole)) : Long.fromBigInt(whole)
}

function readWhole(value: unknown, type: 'int' | 'long'): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (value instanceof Date && type === 'long') return BigInt(value.getTime())
  if (typeof value === 'string') {
    if (/^[+-]?\d+$/.test(value)) return BigInt(value.replace('+', ''))
    throw new MongoError(241, `Failed to parse number '${value}' in $convert with no onError value`)
  }
  const number = toNumberOrNull(value)
  if (number === null) throw cannot(value, type)
  if (!Number.isFinite(number)) {
    throw new MongoError(
      241,
      'Attempt to convert NaN or infinity to an integer in $convert with no onError value',
    )
  }
  if (bsonClass(value) !== 'Decimal128') return toBigInt(value)
  const exact = toExact(value)
  if (typeof exact === 'number') return BigInt(Math.trunc(exact))
  const power = 10n ** BigInt(Math.abs(exact.exponent))
  return exact.exponent < 0 ? exact.coefficient / power : exact.coefficient * power
}

function toDouble(value: unknown): Double {
  if (typeof value === 'boolean') return new Double(Number(value))
  if (value instanceof Date) return new Double(value.getTime())
  if (typeof value === 'string') return new Double(parseNumber(value))
  const number = toNumberOrNull(value)
  if (number === null) throw cannot(value, 'double')
  return new Double(number)
}

function toDecimal(value: unknown): Decimal128 {
  if (typeof value === 'boolean') return Decimal128.fromString(value ? '1' : '0')
  if (value instanceof Date) return Decimal128.fromString(String(value.getTime()))
  if (typeof value === 'string') {
    parseNumber(value)
    return Decimal128.fromStringWithRounding(value)
  }
  if (toNumberOrNull(value) === null) throw cannot(value, 'decimal')
  const exact = toExact(value)
  return typeof exact === 'number' ? Decimal128.fromString(String(exact)) : toDecimal128(exact)
}

function parseNumber(text: string): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) || /^[+-]?(?:NaN|Infinity)$/.test(text)) {
    return Number(text)
  }
  throw new MongoError(241, `Failed to parse number '${text}' in $convert with no onError value`)
}

function toText(value: unknown): string {
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (bsonClass(value) === 'ObjectId') return (value as ObjectId).toHexString()
  if (toNumberOrNull(value) === null) throw cannot(value, 'string')
  return String(value)
}

/** Milliseconds, the time in an ObjectId, or a date as ISO 8601 writes it, in UTC unless it says otherwise. */
function toDate(value: unknown): Date {
  if (bsonClass(value) === 'ObjectId') return (value as ObjectId).getTimestamp()
  if (bsonClass(value) === 'Int32' || typeof value === 'boolean') throw cannot(value, 'date')
  const date = new Date(typeof value === 'string' ? parseDate(value) : (toNumberOrNull(value) ?? Number.NaN))
  if (!Number.isNaN(date.getTime())) return date
  if (typeof value === 'string') {
    throw new MongoError(241, `Error parsing date string '${value}' in $convert with no onError value`)
  }
  throw cannot(value, 'date')
}

function parseDate(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?(Z|[+-]\d\d:?\d\d)?$/.exec(
    text,
  )
  if (!match) return Number.NaN
  const [, year, month, day, time = '00:00', zone = 'Z'] = match
  return Date.parse(`${year}-${month}-${day}T${time}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`)
}

function toObjectId(value: unknown): ObjectId {
  if (typeof value !== 'string') throw cannot(value, 'objectId')
  if (/^[0-9a-f]{24}$/i.test(value)) return new ObjectId(value)
  throw new MongoError(241, `Failed to parse objectId '${value}' in $convert with no onError value`)
}

/** Of MISSING and everything else that is no number, null. */
function toNumberOrNull(value: unknown): number | null {
  return isNothing(value) || typeRank(value) !== RANK.number ? null : toNumber(value)
}

function cannot(value: unknown, type: string): MongoError {
  return new MongoError(
    241,
    `Unsupported conversion from ${bsonTypeName(value)} to ${type} in $convert with no onError value`,
  )
}
