import { WireError } from '#lib/db/embedded/wire/wire-error'

/** MongoDB accepts 180 levels in what clients send. */
const DEPTH_MAX = 180

const TYPE = { document: 0x03, array: 0x04, date: 0x09, codeWithScope: 0x0f } as const

/** The upper 32 bits of 8.64e15 ms, the last moment of a JavaScript date (ECMA-262 §21.4.1.1). */
const DATE_HIGH_MAX = 2_011_655

/** Bytes of the values that always have the same size. */
const FIXED_SIZE: Record<number, number> = {
  1: 8, // double
  6: 0, // undefined
  7: 12, // ObjectId
  8: 1, // boolean
  9: 8, // date
  10: 0, // null
  16: 4, // int32
  17: 8, // timestamp
  18: 8, // int64
  19: 16, // decimal128
  127: 0, // MaxKey
  255: 0, // MinKey
}

/**
 * Checks one BSON document before anything decodes or stores it: every length stays inside its parent, every name
 * ends, the nesting is bounded. It walks with a stack of its own, so nesting cannot exhaust the call stack.
 * @returns the offset after the document.
 * @throws WireError
 */
export function checkBson(bytes: Buffer, start: number, limit: number, insideScope = false): number {
  const end = openDocument(bytes, start, limit)
  const ends: number[] = [end]
  let at = start + 4
  while (ends.length > 0) {
    const parentEnd = ends.at(-1) as number
    if (at >= parentEnd) throw new WireError('A BSON document does not end where it says.')
    const type = bytes[at++] as number
    if (type === 0) {
      if (at !== parentEnd) throw new WireError('A BSON document ends early.')
      ends.pop()
      continue
    }
    at = skipText(bytes, at, parentEnd)
    if (type === TYPE.codeWithScope && insideScope) {
      // Only this type would make the walk recurse; once is enough for anything honest.
      throw new WireError('BSON code with a nested scope is not accepted.')
    }
    if (type === TYPE.document || type === TYPE.array) {
      if (ends.length >= DEPTH_MAX) throw new WireError('A BSON document is nested too deeply.')
      ends.push(openDocument(bytes, at, parentEnd - 1))
      at += 4
    } else {
      at = skipValue(bytes, type, at, parentEnd - 1)
    }
  }
  return end
}

function openDocument(bytes: Buffer, at: number, limit: number): number {
  const size = readSize(bytes, at, limit)
  if (size < 5 || at + size > limit || bytes[at + size - 1] !== 0) {
    throw new WireError('A BSON document has an impossible length.')
  }
  return at + size
}

function skipValue(bytes: Buffer, type: number, at: number, limit: number): number {
  const fixed = FIXED_SIZE[type]
  if (fixed !== undefined) {
    const end = within(at + fixed, limit)
    if (type === TYPE.date) requireDate(bytes.readInt32LE(at + 4))
    return end
  }
  switch (type) {
    case 0x02: // string
    case 0x0d: // code
    case 0x0e: // symbol
      return skipString(bytes, at, limit)
    case 0x05: {
      const size = readSize(bytes, at, limit)
      if (size < 0) throw new WireError('BSON binary data has an impossible length.')
      return within(at + 5 + size, limit)
    }
    case 0x0b: // regular expression
      return skipText(bytes, skipText(bytes, at, limit), limit)
    case 0x0c: // DBPointer
      return within(skipString(bytes, at, limit) + 12, limit)
    case TYPE.codeWithScope: {
      const size = readSize(bytes, at, limit)
      const scope = skipString(bytes, at + 4, within(at + size, limit))
      if (checkBson(bytes, scope, at + size, true) !== at + size) {
        throw new WireError('BSON code has a wrong length.')
      }
      return at + size
    }
    default:
      throw new WireError(`BSON has no type ${type}.`)
  }
}

/** A Date beyond the year 275,000 would be read as no date at all, and written back as 1970. */
function requireDate(high: number): void {
  if (Math.abs(high) > DATE_HIGH_MAX) throw new WireError('A date is beyond what JavaScript can hold.')
}

function skipString(bytes: Buffer, at: number, limit: number): number {
  const size = readSize(bytes, at, limit)
  const end = at + 4 + size
  if (size < 1 || end > limit || bytes[end - 1] !== 0)
    throw new WireError('A BSON string has a wrong length.')
  return end
}

/** The offset after a NUL-terminated text. */
export function skipText(bytes: Buffer, at: number, limit: number): number {
  const end = bytes.indexOf(0, at)
  if (end < 0 || end >= limit) throw new WireError('A name in a message does not end.')
  return end + 1
}

function readSize(bytes: Buffer, at: number, limit: number): number {
  within(at + 4, limit)
  return bytes.readInt32LE(at)
}

function within(end: number, limit: number): number {
  if (end > limit) throw new WireError('A BSON value reaches beyond its document.')
  return end
}
