import { z } from 'zod'
import type { VideoRecord } from '#lib/db/models/video'
import { ID_PATTERN } from '#lib/domain/id'
import type { VideoSort } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'

type SortField = 'createdAt' | 'title' | 'durationSeconds'

/** Each order: the field, and its direction. The id, ascending, breaks ties. */
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
  const tie = { [field]: value, _id: { $gt: id } }
  // Unknown durations sort last when descending: BSON orders null before numbers.
  if (value === null) return direction === -1 ? tie : { $or: [{ [field]: { $ne: null } }, tie] }
  const beyond = { [field]: direction === 1 ? { $gt: value } : { $lt: value } }
  return { $or: direction === -1 ? [beyond, { [field]: null }, tie] : [beyond, tie] }
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
