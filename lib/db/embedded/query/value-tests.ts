import type { Long } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { isOperatorDocument } from '#lib/db/embedded/query/compile-filter'
import { compileRegex, isRegex } from '#lib/db/embedded/query/compile-regex'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { buildTypeTest } from '#lib/db/embedded/query/type-test'
import { bsonClass, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { compareValues, regexParts, valuesEqual } from '#lib/db/embedded/values/compare-values'
import { encodeKey } from '#lib/db/embedded/values/encode-key'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Tests one value, which may be MISSING. */
export type ValueTest = (value: unknown) => boolean

/**
 * A comparison operator as a test of one value.
 * @throws BadValue for an unknown operator or a bad argument.
 */
export function buildValueTest(name: string, argument: unknown): ValueTest {
  switch (name) {
    case '$eq':
      return buildEqual(argument)
    case '$in':
      return buildIn(argument)
    case '$gt':
      return buildOrder(argument, (order) => order > 0)
    case '$gte':
      return buildOrder(argument, (order) => order >= 0)
    case '$lt':
      return buildOrder(argument, (order) => order < 0)
    case '$lte':
      return buildOrder(argument, (order) => order <= 0)
    case '$regex':
      return buildRegex(argument)
    case '$mod':
      return buildMod(argument)
    case '$size':
      return buildSize(argument)
    case '$type':
      return buildTypeTest(argument)
    case '$bitsAllSet':
    case '$bitsAllClear':
    case '$bitsAnySet':
    case '$bitsAnyClear':
      return buildBits(name, argument)
    default:
      throw new MongoError(2, `unknown operator: ${name}`)
  }
}

function isNullish(value: unknown): boolean {
  return value === null || value === undefined || value === MISSING
}

function buildEqual(argument: unknown): ValueTest {
  if (isNullish(argument)) return isNullish
  return (value) => value !== MISSING && valuesEqual(value, argument)
}

function buildIn(argument: unknown): ValueTest {
  if (!Array.isArray(argument)) throw new MongoError(2, '$in needs an array')
  if (argument.some(isOperatorDocument)) throw new MongoError(2, 'cannot nest $ under $in')
  const regexes = argument.filter(isRegex).map(buildRegex)
  const others = argument.filter((item) => !isRegex(item))
  const withNull = others.some(isNullish)
  const keys = new Set(
    others.filter((item) => !isNullish(item)).map((item) => encodeKey(item).toString('latin1')),
  )
  return (value) => {
    if (isNullish(value)) return withNull
    if (regexes.some((test) => test(value))) return true
    return keys.size > 0 && keys.has(encodeKey(value).toString('latin1'))
  }
}

/** Range operators see only values of the argument's own type, except for MinKey and MaxKey. */
function buildOrder(argument: unknown, holds: (order: number) => boolean): ValueTest {
  if (isRegex(argument)) throw new MongoError(2, 'Can not have RegEx as arg to a comparison operator.')
  const rank = typeRank(argument)
  if (rank === RANK.null || rank === RANK.undefined) return (value) => isNullish(value) && holds(0)
  if (rank === RANK.minKey || rank === RANK.maxKey) {
    return (value) => value !== MISSING && holds(compareValues(value, argument))
  }
  const isNaNArgument = rank === RANK.number && Number.isNaN(toNumber(argument))
  return (value) => {
    if (value === MISSING || typeRank(value) !== rank) return false
    if (rank === RANK.number && (isNaNArgument || Number.isNaN(toNumber(value)))) {
      return isNaNArgument && Number.isNaN(toNumber(value)) && holds(0)
    }
    return holds(compareValues(value, argument))
  }
}

function buildRegex(argument: unknown): ValueTest {
  const regex = argument instanceof RegExp && !argument.global ? argument : compileRegex(argument)
  const own = { pattern: regex.source, options: regex.flags }
  return (value) => {
    if (typeof value === 'string') return regex.test(value)
    if (bsonClass(value) === 'BSONSymbol') return regex.test(String(value))
    if (!isRegex(value)) return false
    const { pattern, options } = regexParts(value)
    return pattern === own.pattern && options === own.options
  }
}

function buildMod(argument: unknown): ValueTest {
  if (!Array.isArray(argument) || argument.length !== 2) {
    throw new MongoError(2, 'malformed mod, needs to be an array of two numbers')
  }
  const [divisor, remainder] = argument.map((item) => Math.trunc(toNumber(item) ?? Number.NaN)) as [
    number,
    number,
  ]
  if (Number.isNaN(divisor) || Number.isNaN(remainder))
    throw new MongoError(2, 'malformed mod, divisor not a number')
  if (divisor === 0) throw new MongoError(2, 'divisor cannot be 0')
  return (value) => {
    if (bsonClass(value) === 'Long') return (value as Long).toBigInt() % BigInt(divisor) === BigInt(remainder)
    const number = value === MISSING ? null : toNumber(value)
    return number !== null && Number.isFinite(number) && (Math.trunc(number) % divisor) + 0 === remainder + 0
  }
}

function buildSize(argument: unknown): ValueTest {
  const size = toNumber(argument)
  if (size === null || !Number.isInteger(size) || size < 0) {
    throw new MongoError(2, 'Failed to parse $size. Expected a non-negative whole number.')
  }
  return (value) => Array.isArray(value) && value.length === size
}

function buildBits(name: string, argument: unknown): ValueTest {
  const mask = readBitMask(name, argument)
  return (value) => {
    const bits = value === MISSING ? null : readInteger(value)
    if (bits === null) return false
    const set = BigInt.asUintN(64, bits) & mask
    if (name === '$bitsAllSet') return set === mask
    if (name === '$bitsAllClear') return set === 0n
    return name === '$bitsAnySet' ? set !== 0n : set !== mask
  }
}

function readBitMask(name: string, argument: unknown): bigint {
  if (Array.isArray(argument)) {
    return argument.reduce<bigint>((mask, position) => {
      const bit = toNumber(position)
      if (bit === null || !Number.isInteger(bit) || bit < 0 || bit > 63) {
        throw new MongoError(2, `${name} takes bit positions from 0 to 63`)
      }
      return mask | (1n << BigInt(bit))
    }, 0n)
  }
  const mask = readInteger(argument)
  if (mask === null || mask < 0n)
    throw new MongoError(2, `${name} takes a non-negative whole number or an array`)
  return mask
}

function readInteger(value: unknown): bigint | null {
  if (bsonClass(value) === 'Long') return (value as Long).toBigInt()
  const number = toNumber(value)
  return number !== null && Number.isSafeInteger(number) ? BigInt(number) : null
}
