import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** Says that one process is changing a video's files as a whole; a holder that died lets go by its expiry. */
export interface VideoLockRecord {
  /** The video's id. */
  _id: string
  holder: string
  /** Server time. */
  expiresAt: Date
}

const schema = new Schema<VideoLockRecord>(
  {
    _id: { type: String, required: true },
    holder: { type: String, required: true },
    expiresAt: { type: Date, required: true },
  },
  { versionKey: false, collection: 'videoLocks' },
)
schema.plugin(sanitizeFilters)

export const VideoLockModel =
  (mongoose.models.VideoLock as Model<VideoLockRecord> | undefined) ??
  model<VideoLockRecord>('VideoLock', schema)
