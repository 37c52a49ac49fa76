import { MISSING, readField } from '#lib/db/embedded/query/field-path'
import { isDocument } from '#lib/db/embedded/values/bson-type'

/** A field path in an expression: arrays on the way give the array of what their documents have. */
export function findPathValue(value: unknown, parts: string[], at = 0): unknown {
  const part = parts[at]
  if (part === undefined || value === MISSING) return value
  if (Array.isArray(value)) {
    return value
      .map((item) => (isDocument(item) ? findPathValue(item, parts, at) : MISSING))
      .filter((item) => item !== MISSING)
  }
  return findPathValue(readField(value, part), parts, at + 1)
}
