import { MISSING } from '#lib/db/embedded/query/field-path'

/** An operator whose arguments are all evaluated first: values with their BSON types, or MISSING. */
export interface Operator {
  min: number
  /** Without it any number. */
  max?: number
  /** @throws MongoError with MongoDB's code for values it does not take */
  run(values: unknown[]): unknown
}

export function isNothing(value: unknown): boolean {
  return value === MISSING || value === null || value === undefined
}
