import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { bsonClass, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

const NUMBER_CLASSES: Record<string, string> = {
  Int32: 'int',
  Long: 'long',
  Double: 'double',
  Decimal128: 'decimal',
}

const RANK_NAMES: Record<number, string> = {
  [RANK.minKey]: 'minKey',
  [RANK.undefined]: 'undefined',
  [RANK.null]: 'null',
  [RANK.string]: 'string',
  [RANK.object]: 'object',
  [RANK.array]: 'array',
  [RANK.binary]: 'binData',
  [RANK.objectId]: 'objectId',
  [RANK.boolean]: 'bool',
  [RANK.date]: 'date',
  [RANK.timestamp]: 'timestamp',
  [RANK.regex]: 'regex',
  [RANK.code]: 'javascript',
  [RANK.codeWithScope]: 'javascriptWithScope',
  [RANK.maxKey]: 'maxKey',
}

/** BSON's type numbers. */
const NUMBERS: Record<number, string> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  6: 'undefined',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
  [-1]: 'minKey',
}

const NAMES = new Set([...Object.values(NUMBERS), 'number'])

/** A BSON type's name as `$type` and error texts give it. */
export function bsonTypeName(value: unknown): string {
  if (value === MISSING) return 'missing'
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'int' : 'double'
  const name = bsonClass(value) ?? ''
  if (name === 'BSONSymbol') return 'symbol'
  return NUMBER_CLASSES[name] ?? RANK_NAMES[typeRank(value)] ?? 'object'
}

/** `$type` with one type or several. @throws BadValue for an unknown type */
export function buildTypeTest(argument: unknown): (value: unknown) => boolean {
  const wanted = new Set((Array.isArray(argument) ? argument : [argument]).map(parseBsonType))
  return (value) => {
    if (value === MISSING) return false
    const name = bsonTypeName(value)
    return wanted.has(name) || (wanted.has('number') && typeRank(value) === RANK.number)
  }
}

/** The name of a type given by name or number. @throws BadValue */
export function parseBsonType(given: unknown): string {
  const number = toNumber(given)
  const name = number === null ? given : NUMBERS[number]
  if (typeof name !== 'string' || !NAMES.has(name)) {
    throw new MongoError(2, `Unknown type name alias or code: ${String(given)}`)
  }
  return name
}
