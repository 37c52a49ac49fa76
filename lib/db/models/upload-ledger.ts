import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** An upload that has been granted room and whose records are being written. */
export interface PendingUpload {
  uploadId: string
  ownerId: string
  sizeBytes: number
  at: Date
}

/**
 * The one document that orders creations between processes: whoever wants room reads its version, adds up what is
 * taken, and is granted it only if the version is still the same. There is no running total that could drift.
 */
export interface UploadLedgerRecord {
  _id: string
  version: number
  pending: PendingUpload[]
}

const pending = new Schema<PendingUpload>(
  {
    uploadId: { type: String, required: true },
    ownerId: { type: String, required: true },
    sizeBytes: { type: Number, required: true },
    at: { type: Date, required: true },
  },
  { _id: false },
)

const schema = new Schema<UploadLedgerRecord>(
  {
    _id: { type: String, required: true },
    version: { type: Number, default: 0 },
    pending: { type: [pending], default: [] },
  },
  { versionKey: false, collection: 'uploadLedger' },
)
schema.plugin(sanitizeFilters)

export const UploadLedgerModel =
  (mongoose.models.UploadLedger as Model<UploadLedgerRecord> | undefined) ??
  model<UploadLedgerRecord>('UploadLedger', schema)
