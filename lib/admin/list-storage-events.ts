import { z } from 'zod'
import { StorageEventModel } from '#lib/db/models/storage-event'
import type { StorageEventView } from '#lib/domain/storage-event'

/** The query string: events from before this moment. */
export const StorageEventQuery = z.strictObject({
  before: z.iso.datetime().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** What happened to the storage, newest first. The caller has checked who asks. */
export async function listStorageEvents({
  before,
  limit,
}: z.output<typeof StorageEventQuery>): Promise<{ items: StorageEventView[] }> {
  const filter = before === undefined ? {} : { at: { $lt: new Date(before) } }
  const events = await StorageEventModel.find(filter)
    .sort({ at: -1 })
    .limit(limit)
    .setOptions({ sanitizeFilter: false })
    .lean()
  return {
    items: events.map(({ _id, at, kind, videoId, sentence }) => ({
      id: _id,
      at: at.toISOString(),
      kind,
      videoId,
      sentence,
    })),
  }
}
