import { z } from 'zod'
import type { VideoRecord } from '#lib/db/models/video'
import { ID_PATTERN } from '#lib/domain/id'
import type { VideoSort } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'

type SortField = 'createdAt' | 'title' | 'durationSeconds'

/** Each order: the field, and its direction. The id breaks ties in the same direction, so that one index serves both ways. */
export const SORT_ORDERS: Record<VideoSort, { field: SortField; direction: 1 | -1 }> = {
  newest: { field: 'createdAt', direction: -1 },
  oldest: { field: 'createdAt', direction: 1 },
  title: { field: 'title', direction: 1 },
  longest: { field: 'durationSeconds', direction: -1 },
}

/** What a cursor holds of each field; anything else in one is not ours. */
const VALUES: Record<SortField, z.ZodType<Date | string | number | null>> = {
  createdAt: z.iso.datetime().transform((text) => new Date(text)),
  title: z.string(),
  durationSeconds: z.number().nullable(),
}

/** Where a page ended, as an opaque text: the last item's sort value and id. */
export function buildCursor(record: VideoRecord, sort: VideoSort): string {
  const value = record[SORT_ORDERS[sort].field]
  const plain = value instanceof Date ? value.toISOString() : value
  return Buffer.from(JSON.stringify([plain, record._id])).toString('base64url')
}

/**
 * The filter of everything behind a cursor, so that a page stays where it was while videos come and go.
 * @throws invalid_input when the cursor is not one of ours.
 */
export function parseCursor(cursor: string, sort: VideoSort): Record<string, unknown> {
  const { field, direction } = SORT_ORDERS[sort]
  const [value, id] = decodeCursor(cursor, field)
  const [beyond, upTo] = direction === 1 ? ['$gt', '$gte'] : ['$lt', '$lte']
  const tie = { [field]: value, _id: { [beyond]: id } }
  // Unknown durations sort last when descending: BSON orders null before numbers.
  if (value === null) return direction === -1 ? tie : { $or: [{ [field]: { $ne: null } }, tie] }
  const others = { [field]: { [beyond]: value } }
  if (field === 'durationSeconds' && direction === -1) return { $or: [others, { [field]: null }, tie] }
  // The bound by itself says where in an index to begin.
  return { [field]: { [upTo]: value }, $or: [others, tie] }
}

function decodeCursor(cursor: string, field: SortField): [Date | string | number | null, string] {
  try {
    const shape = z.tuple([VALUES[field], z.string().regex(ID_PATTERN)])
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch (cause) {
    throw new PeekrError('invalid_input', {
      message: 'This page mark is not valid. Start again from the first page.',
      cause,
    })
  }
}

/** Whether a record comes before another in an order, as the database compares: texts by their UTF-8 bytes. */
export function compareRecords(a: VideoRecord, b: VideoRecord, sort: VideoSort): number {
  const { field, direction } = SORT_ORDERS[sort]
  return direction * (compareValues(a[field], b[field]) || compareValues(a._id, b._id))
}

function compareValues(a: Date | string | number | null, b: Date | string | number | null): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  // An unknown duration comes before every other.
  if (a === null || b === null) return Number(a !== null) - Number(b !== null)
  return Number(a) - Number(b)
}
