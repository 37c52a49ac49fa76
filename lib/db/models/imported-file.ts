import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** A file that was found in the import folder, and what became of it. */
export interface ImportedFileRecord {
  /** The SHA-256 of its path: a path may be longer than an index takes. */
  _id: string
  path: string
  sizeBytes: number
  mtimeMs: number
  /** `seen` waits until it has stood still; `failed` waits until it is changed. */
  state: 'seen' | 'importing' | 'imported' | 'failed'
  /** Since when it has been as it is. */
  seenAt: Date
  /** The process that imports it. */
  holder: string | null
  /** The upload that its import made, once there is one. */
  uploadId?: string | null
  videoId: string | null
  message: string | null
}

const schema = new Schema<ImportedFileRecord>(
  {
    _id: { type: String, required: true },
    path: { type: String, required: true },
    sizeBytes: { type: Number, required: true },
    mtimeMs: { type: Number, required: true },
    state: { type: String, enum: ['seen', 'importing', 'imported', 'failed'], required: true },
    seenAt: { type: Date, required: true },
    holder: { type: String, default: null },
    uploadId: { type: String, default: null },
    videoId: { type: String, default: null },
    message: { type: String, default: null },
  },
  { versionKey: false, collection: 'importedFiles' },
)
schema.plugin(sanitizeFilters)

export const ImportedFileModel =
  (mongoose.models.ImportedFile as Model<ImportedFileRecord> | undefined) ??
  model<ImportedFileRecord>('ImportedFile', schema)
