import { Long } from 'bson'
import type { Stage } from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { findValue, MISSING, readField, writeField } from '#lib/db/embedded/query/field-path'
import { PAUSE } from '#lib/db/embedded/query/pause'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toFlag } from '#lib/db/embedded/values/to-number'

/** `$unwind`: one document per element. @throws 28808, 28818 */
export function buildUnwind(argument: unknown): Stage {
  const given = isDocument(argument) ? argument : { path: argument }
  const { path, includeArrayIndex, preserveNullAndEmptyArrays } = given
  if (typeof path !== 'string' || !path.startsWith('$') || path.length < 2) {
    throw new MongoError(28818, `path option to $unwind stage should be prefixed with a '$': ${String(path)}`)
  }
  if (includeArrayIndex !== undefined && (typeof includeArrayIndex !== 'string' || !includeArrayIndex)) {
    throw new MongoError(
      28810,
      'expected a non-empty string for the includeArrayIndex option to $unwind stage',
    )
  }
  const parts = path.slice(1).split('.')
  const keepEmpty = toFlag(preserveNullAndEmptyArrays)
  const withIndex = (document: BsonDocument, index: number | null) =>
    typeof includeArrayIndex === 'string'
      ? withValue(document, includeArrayIndex.split('.'), index === null ? null : Long.fromNumber(index))
      : document
  return function* (input) {
    for (const document of input) {
      if (document === PAUSE) {
        yield PAUSE
        continue
      }
      const value = findValue(document, parts)
      if (Array.isArray(value) && value.length > 0) {
        for (const [i, item] of value.entries()) yield withIndex(withValue(document, parts, item), i)
      } else if (value === MISSING || value === null || value === undefined || Array.isArray(value)) {
        if (keepEmpty)
          yield withIndex(Array.isArray(value) ? withValue(document, parts, MISSING) : document, null)
      } else {
        yield withIndex(document, null)
      }
    }
  }
}

/** A copy with one path set, or taken away when the value is MISSING. */
function withValue(document: BsonDocument, parts: string[], value: unknown, at = 0): BsonDocument {
  const copy = { ...document }
  const part = parts[at] as string
  if (at < parts.length - 1) {
    const inner = readField(copy, part)
    writeField(copy, part, withValue(isDocument(inner) ? inner : {}, parts, value, at + 1))
  } else if (value === MISSING) {
    delete copy[part]
  } else {
    writeField(copy, part, value)
  }
  return copy
}
