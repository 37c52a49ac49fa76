import type { Long } from 'bson'
import { bsonClass, RANK, typeRank } from '#lib/db/embedded/values/bson-type'

/** A BSON number as the nearest JavaScript number; null for what is not a number. */
export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (value === null || typeof value !== 'object' || typeRank(value) !== RANK.number) return null
  return bsonClass(value) === 'Long' ? (value as Long).toNumber() : Number(value.toString())
}

/** As MongoDB reads flags such as `upsert`: booleans, and numbers other than 0. */
export function toFlag(value: unknown): boolean {
  return typeof value === 'boolean' ? value : (toNumber(value) ?? 0) !== 0
}
