import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import { SCOPES, type Scope } from '#lib/domain/permissions'

export interface ApiTokenRecord {
  _id: string
  userId: string
  name: string
  /** SHA-256 of the token in hex; the token itself is shown once and never stored. */
  tokenHash: string
  scopes: Scope[]
  createdAt: Date
  lastUsedAt: Date | null
  expiresAt: Date | null
}

const schema = new Schema<ApiTokenRecord>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    name: { type: String, required: true },
    tokenHash: { type: String, required: true },
    scopes: { type: [String], enum: SCOPES, default: [] },
    createdAt: { type: Date, required: true },
    lastUsedAt: { type: Date, default: null },
    expiresAt: { type: Date, default: null },
  },
  { versionKey: false, collection: 'apiTokens' },
)
schema.index({ tokenHash: 1 }, { unique: true })
schema.index({ userId: 1 })
schema.plugin(sanitizeFilters)

export const ApiTokenModel =
  (mongoose.models.ApiToken as Model<ApiTokenRecord> | undefined) ?? model<ApiTokenRecord>('ApiToken', schema)
