import { MISSING } from '#lib/db/embedded/query/field-path'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Whether an expression's value counts as true: everything but false, null, missing and zero. */
export function isTrue(value: unknown): boolean {
  if (value === MISSING || value === null || value === undefined) return false
  if (typeof value === 'boolean') return value
  return toNumber(value) !== 0
}
