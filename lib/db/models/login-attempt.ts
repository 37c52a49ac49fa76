import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** How often something was tried within a window of time. Kept in the database so that a restart forgets nothing. */
export interface LoginAttemptRecord {
  /** What is limited, of whom (hashed), and the number of the window. */
  _id: string
  count: number
  expiresAt: Date
}

const schema = new Schema<LoginAttemptRecord>(
  {
    _id: { type: String, required: true },
    count: { type: Number, default: 0 },
    expiresAt: { type: Date, required: true },
  },
  { versionKey: false, collection: 'loginAttempts' },
)
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
schema.plugin(sanitizeFilters)

export const LoginAttemptModel =
  (mongoose.models.LoginAttempt as Model<LoginAttemptRecord> | undefined) ??
  model<LoginAttemptRecord>('LoginAttempt', schema)
