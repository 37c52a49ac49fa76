import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** A tus upload: whose it is, how much space it holds, and whether its video has been made. */
export interface UploadRecord {
  /** The tus id, which is also the file name in the tus store. */
  _id: string
  videoId: string
  ownerId: string
  filename: string
  sizeBytes: number
  /** The Upload-Metadata header as it came, which tus wants repeated in every HEAD answer. */
  metadata: string
  /** `open` holds a reservation; `finished` waits for ingest; `ingested` is done with; `abandoned` was given up. */
  state: 'open' | 'finished' | 'ingested' | 'abandoned'
  createdAt: Date
  updatedAt: Date
  expiresAt: Date
}

const schema = new Schema<UploadRecord>(
  {
    _id: { type: String, required: true },
    videoId: { type: String, required: true },
    ownerId: { type: String, required: true },
    filename: { type: String, required: true },
    sizeBytes: { type: Number, required: true },
    metadata: { type: String, default: '' },
    state: { type: String, enum: ['open', 'finished', 'ingested', 'abandoned'], required: true },
    expiresAt: { type: Date, required: true },
  },
  { timestamps: true, versionKey: false, collection: 'uploads' },
)
schema.index({ videoId: 1 }, { unique: true })
schema.index({ state: 1, updatedAt: 1 })
schema.index({ ownerId: 1, state: 1 })
schema.plugin(sanitizeFilters)

export const UploadModel =
  (mongoose.models.Upload as Model<UploadRecord> | undefined) ?? model<UploadRecord>('Upload', schema)
