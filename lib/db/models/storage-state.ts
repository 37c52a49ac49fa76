import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** One document a matter: who is at work on it (`holder`, until `expiresAt`, server time), and what it remembers. */
export interface StorageStateRecord {
  /** `proof`: the reading of files. `watch`: the look at the disks. */
  _id: 'proof' | 'watch'
  holder: string | null
  expiresAt: Date | null
  value: unknown
}

const schema = new Schema<StorageStateRecord>(
  {
    _id: { type: String, required: true },
    holder: { type: String, default: null },
    expiresAt: { type: Date, default: null },
    value: { type: Schema.Types.Mixed, default: null },
  },
  { versionKey: false, collection: 'storageState', minimize: false },
)
schema.plugin(sanitizeFilters)

export const StorageStateModel =
  (mongoose.models.StorageState as Model<StorageStateRecord> | undefined) ??
  model<StorageStateRecord>('StorageState', schema)
