import type { Binary, BSONRegExp, Code, ObjectId, Timestamp } from 'bson'
import { bsonClass, documentEntries, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { encodeNumber, exactNumber } from '#lib/db/embedded/values/encode-number'

/**
 * Orders two BSON values as MongoDB does: first by type, then by value; fields of documents in their stored order.
 * @returns negative, 0 or positive.
 */
export function compareValues(a: unknown, b: unknown): number {
  const rank = typeRank(a)
  const otherRank = typeRank(b)
  if (rank !== otherRank) return rank - otherRank
  switch (rank) {
    case RANK.number:
      return compareNumbers(a, b)
    case RANK.string:
      return compareStrings(String(a), String(b))
    case RANK.boolean:
      return Number(a) - Number(b)
    case RANK.date:
      return (a as Date).getTime() - (b as Date).getTime()
    case RANK.objectId:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id)
    case RANK.array:
      return compareArrays(a as unknown[], b as unknown[])
    case RANK.object:
      return compareDocuments(a as object, b as object)
    case RANK.binary:
      return compareBinary(a, b)
    case RANK.timestamp:
      return (a as Timestamp).compare(b as Timestamp)
    case RANK.regex:
      return compareRegex(regexParts(a), regexParts(b))
    case RANK.code:
    case RANK.codeWithScope:
      return compareCode(a as Code, b as Code)
    default:
      return 0
  }
}

/** Whether MongoDB's `$eq` holds between two whole values. */
export function valuesEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  return typeRank(a) === typeRank(b) && compareValues(a, b) === 0
}

function compareNumbers(a: unknown, b: unknown): number {
  const left = exactNumber(a)
  const right = exactNumber(b)
  if (typeof left !== 'number' || typeof right !== 'number') {
    return Buffer.compare(encodeNumber(a), encodeNumber(b))
  }
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number(Number.isNaN(right)) - Number(Number.isNaN(left))
  return left < right ? -1 : left > right ? 1 : 0
}

/** By UTF-8 bytes: JavaScript's own order differs where surrogate pairs meet U+E000 to U+FFFF. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return codePointOrder(left) - codePointOrder(right)
  }
  return a.length - b.length
}

function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function compareArrays(a: unknown[], b: unknown[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareDocuments(a: object, b: object): number {
  const left = documentEntries(a)
  const right = documentEntries(b)
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [leftName, leftValue] = left[i] as [string, unknown]
    const [rightName, rightValue] = right[i] as [string, unknown]
    const order =
      typeRank(leftValue) - typeRank(rightValue) ||
      compareStrings(leftName, rightName) ||
      compareValues(leftValue, rightValue)
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** By length, then subtype, then bytes. */
function compareBinary(a: unknown, b: unknown): number {
  const left = binaryParts(a)
  const right = binaryParts(b)
  return (
    left.bytes.length - right.bytes.length ||
    left.subtype - right.subtype ||
    Buffer.compare(left.bytes, right.bytes)
  )
}

export function binaryParts(value: unknown): { bytes: Uint8Array; subtype: number } {
  if (bsonClass(value) === null) return { bytes: value as Uint8Array, subtype: 0 }
  const binary = value as Binary
  return { bytes: binary.buffer.subarray(0, binary.position), subtype: binary.sub_type }
}

export function regexParts(value: unknown): { pattern: string; options: string } {
  if (value instanceof RegExp) return { pattern: value.source, options: value.flags.replace(/[^ims]/g, '') }
  const { pattern, options } = value as BSONRegExp
  return { pattern, options }
}

function compareRegex(a: ReturnType<typeof regexParts>, b: ReturnType<typeof regexParts>): number {
  return compareStrings(a.pattern, b.pattern) || compareStrings(a.options, b.options)
}

function compareCode(a: Code, b: Code): number {
  return compareStrings(a.code, b.code) || compareDocuments(a.scope ?? {}, b.scope ?? {})
}
