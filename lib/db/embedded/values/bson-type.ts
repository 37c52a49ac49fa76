/**
 * MongoDB's order between types ("BSON comparison order"); the gaps are MongoDB's own canonical numbers, shifted so
 * that no rank is 0x00 or 0xff, which the key encoding needs for itself.
 */
export const RANK = {
  minKey: 0x0a,
  /** An empty array where an array's smallest element is wanted, and the deprecated type `undefined`. */
  undefined: 0x0f,
  null: 0x14,
  number: 0x1e,
  string: 0x28,
  object: 0x32,
  array: 0x3c,
  binary: 0x46,
  objectId: 0x50,
  boolean: 0x5a,
  date: 0x64,
  timestamp: 0x6e,
  regex: 0x78,
  code: 0x8c,
  codeWithScope: 0x96,
  maxKey: 0xf0,
} as const

export type TypeRank = (typeof RANK)[keyof typeof RANK]

export type BsonDocument = Record<string, unknown>

/** The `_bsontype` of an instance of the `bson` package's classes, or null for everything else. */
export function bsonClass(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const proto: unknown = Object.getPrototypeOf(value)
  // A stored field may itself be called `_bsontype`; only a class instance counts.
  if (proto === Object.prototype || proto === null || Array.isArray(value)) return null
  const name: unknown = Reflect.get(value, '_bsontype')
  return typeof name === 'string' ? name : null
}

/** Whether a value is an embedded document (and not an array or one of bson's classes). */
export function isDocument(value: unknown): value is BsonDocument {
  if (typeof value !== 'object' || value === null) return false
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === null
}

const CLASS_RANKS: Record<string, TypeRank> = {
  Int32: RANK.number,
  Double: RANK.number,
  Long: RANK.number,
  Decimal128: RANK.number,
  ObjectId: RANK.objectId,
  Binary: RANK.binary,
  Timestamp: RANK.timestamp,
  BSONRegExp: RANK.regex,
  BSONSymbol: RANK.string,
  MinKey: RANK.minKey,
  MaxKey: RANK.maxKey,
  DBRef: RANK.object,
}

/** Where a value's type stands in MongoDB's order of types. */
export function typeRank(value: unknown): TypeRank {
  switch (typeof value) {
    case 'string':
      return RANK.string
    case 'number':
    case 'bigint':
      return RANK.number
    case 'boolean':
      return RANK.boolean
    case 'undefined':
      return RANK.undefined
  }
  if (value === null) return RANK.null
  if (Array.isArray(value)) return RANK.array
  if (value instanceof Date) return RANK.date
  if (isDocument(value)) return RANK.object
  if (value instanceof RegExp) return RANK.regex
  if (value instanceof Uint8Array && bsonClass(value) === null) return RANK.binary
  const name = bsonClass(value) ?? ''
  if (name === 'Code') return (value as { scope?: unknown }).scope ? RANK.codeWithScope : RANK.code
  const rank = CLASS_RANKS[name]
  if (rank === undefined) throw new TypeError(`A value of the class ${name} cannot be ordered.`)
  return rank
}

/** The fields of an embedded document in their order; a DBRef is read as the document it stands for. */
export function documentEntries(value: object): [string, unknown][] {
  if (isDocument(value)) return Object.entries(value)
  return Object.entries((value as { toJSON(): BsonDocument }).toJSON())
}
