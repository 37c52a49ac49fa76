import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** What an admin changes at run time: one document a setting. */
export interface SettingRecord {
  _id: string
  value: unknown
}

const schema = new Schema<SettingRecord>(
  { _id: { type: String, required: true }, value: { type: Schema.Types.Mixed, default: null } },
  { versionKey: false, collection: 'settings', minimize: false },
)
schema.plugin(sanitizeFilters)

export const SettingModel =
  (mongoose.models.Setting as Model<SettingRecord> | undefined) ?? model<SettingRecord>('Setting', schema)
