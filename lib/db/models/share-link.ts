import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** A link that opens one video to whoever has it. Revoking it deletes the record. */
export interface ShareLinkRecord {
  _id: string
  videoId: string
  /** What its maker calls it, to know it again. */
  name: string
  /** SHA-256 of the secret in hex; the secret itself is shown once and never stored. */
  secretHash: string
  createdAt: Date
  expiresAt: Date
  lastUsedAt: Date | null
}

/** One that is over stays in its list for this long, so that its maker sees why it no longer works. */
const KEPT_SECONDS = 30 * 24 * 60 * 60

const schema = new Schema<ShareLinkRecord>(
  {
    _id: { type: String, required: true },
    videoId: { type: String, required: true },
    name: { type: String, default: '' },
    secretHash: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    lastUsedAt: { type: Date, default: null },
  },
  { versionKey: false, collection: 'shareLinks' },
)
schema.index({ secretHash: 1 }, { unique: true })
schema.index({ videoId: 1, createdAt: -1 })
schema.index({ expiresAt: 1 }, { expireAfterSeconds: KEPT_SECONDS })
schema.plugin(sanitizeFilters)

export const ShareLinkModel =
  (mongoose.models.ShareLink as Model<ShareLinkRecord> | undefined) ??
  model<ShareLinkRecord>('ShareLink', schema)
