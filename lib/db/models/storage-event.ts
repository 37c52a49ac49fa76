import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import { STORAGE_EVENTS, type StorageEventKind } from '#lib/domain/storage-event'

/** What was found wrong with the storage, and what was done about it. */
export interface StorageEventRecord {
  _id: string
  at: Date
  kind: StorageEventKind
  videoId: string | null
  sentence: string
}

const KEPT_SECONDS = 400 * 86_400

const schema = new Schema<StorageEventRecord>(
  {
    _id: { type: String, required: true },
    at: { type: Date, required: true },
    kind: { type: String, enum: STORAGE_EVENTS, required: true },
    videoId: { type: String, default: null },
    sentence: { type: String, required: true },
  },
  { versionKey: false, collection: 'storageEvents' },
)
schema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS })
schema.plugin(sanitizeFilters)

export const StorageEventModel =
  (mongoose.models.StorageEvent as Model<StorageEventRecord> | undefined) ??
  model<StorageEventRecord>('StorageEvent', schema)
