import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import { ROLES, type Role } from '#lib/domain/permissions'

export interface UserRecord {
  _id: string
  /** Lower case, trimmed; unique. */
  email: string
  name: string
  role: Role
  /** PHC string of argon2id. */
  passwordHash: string
  /** Raised by a changed password or role and by disabling: sessions that carry an older one are over. */
  sessionVersion: number
  disabledAt: Date | null
  /** What this account may upload, where that differs from its role; see lib/auth/upload-limits.ts. */
  uploadLimits?: Record<string, number | null>
  createdAt: Date
  updatedAt: Date
}

const schema = new Schema<UserRecord>(
  {
    _id: { type: String, required: true },
    email: { type: String, required: true },
    name: { type: String, required: true },
    role: { type: String, enum: ROLES, required: true },
    passwordHash: { type: String, required: true },
    sessionVersion: { type: Number, default: 1 },
    disabledAt: { type: Date, default: null },
    uploadLimits: { type: Schema.Types.Mixed, default: undefined },
  },
  { timestamps: true, versionKey: false, collection: 'users' },
)
schema.index({ email: 1 }, { unique: true })
schema.plugin(sanitizeFilters)

export const UserModel =
  (mongoose.models.User as Model<UserRecord> | undefined) ?? model<UserRecord>('User', schema)
