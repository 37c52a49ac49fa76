import type { Code, ObjectId, Timestamp } from 'bson'
import { documentEntries, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { binaryParts, regexParts } from '#lib/db/embedded/values/compare-values'
import { encodeNumber } from '#lib/db/embedded/values/encode-number'

/**
 * A BSON value as bytes whose memcmp order is MongoDB's order of values, so that a SQLite index is a MongoDB index.
 * No encoding is a prefix of another, so components can follow one another in a compound key. Descending components
 * are the bitwise complement.
 */
export function encodeKey(value: unknown, descending = false): Buffer {
  const parts: Buffer[] = []
  writeValue(parts, value)
  const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  if (descending) for (let i = 0; i < bytes.length; i++) bytes[i] = ~(bytes[i] ?? 0)
  return bytes
}

/** The first bytes after everything that starts with `prefix`; null when there are none. */
export function keyAfterPrefix(prefix: Buffer): Buffer | null {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] ?? 0
    if (byte === 0xff) continue
    const next = Buffer.from(prefix.subarray(0, i + 1))
    next[i] = byte + 1
    return next
  }
  return null
}

const END = 0x00

function writeValue(parts: Buffer[], value: unknown): void {
  const rank = typeRank(value)
  parts.push(Buffer.of(rank))
  writePayload(parts, rank, value)
}

function writePayload(parts: Buffer[], rank: number, value: unknown): void {
  switch (rank) {
    case RANK.number:
      parts.push(encodeNumber(value))
      break
    case RANK.string:
      writeText(parts, String(value))
      break
    case RANK.boolean:
      parts.push(Buffer.of(value ? 1 : 0))
      break
    case RANK.date:
      parts.push(encodeDate(value as Date))
      break
    case RANK.objectId:
      parts.push(Buffer.from((value as ObjectId).id))
      break
    case RANK.array:
      for (const item of value as unknown[]) writeValue(parts, item)
      parts.push(Buffer.of(END))
      break
    case RANK.object:
      writeFields(parts, value as object)
      break
    case RANK.binary:
      writeBinary(parts, value)
      break
    case RANK.timestamp:
      parts.push(encodeTimestamp(value as Timestamp))
      break
    case RANK.regex: {
      const { pattern, options } = regexParts(value)
      writeText(parts, pattern)
      writeText(parts, options)
      break
    }
    case RANK.code:
      writeText(parts, (value as Code).code)
      break
    case RANK.codeWithScope:
      writeText(parts, (value as Code).code)
      writeFields(parts, (value as Code).scope ?? {})
      break
  }
}

/** UTF-8 with 0x00 written as 0x00 0xff, then 0x00 0x00... the escape keeps an embedded NUL above the end. */
function writeText(parts: Buffer[], text: string): void {
  const bytes = Buffer.from(text, 'utf8')
  if (!bytes.includes(0)) {
    parts.push(bytes, Buffer.of(END, END))
    return
  }
  const escaped: number[] = []
  for (const byte of bytes) {
    escaped.push(byte)
    if (byte === 0) escaped.push(0xff)
  }
  parts.push(Buffer.from(escaped), Buffer.of(END, END))
}

/** Type, name, value of each field, as MongoDB compares them. */
function writeFields(parts: Buffer[], value: object): void {
  for (const [name, field] of documentEntries(value)) {
    const rank = typeRank(field)
    parts.push(Buffer.of(rank))
    writeText(parts, name)
    writePayload(parts, rank, field)
  }
  parts.push(Buffer.of(END))
}

function writeBinary(parts: Buffer[], value: unknown): void {
  const { bytes, subtype } = binaryParts(value)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length)
  head[4] = subtype
  parts.push(head, Buffer.from(bytes))
}

function encodeDate(date: Date): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(date.getTime())) ^ 0x8000000000000000n)
  return bytes
}

function encodeTimestamp(value: Timestamp): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value.toBigInt()))
  return bytes
}
