import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import { type CopyState, NOTHING_COPIED } from '#lib/domain/copy-plan'
import type { EncodePlan, Lane } from '#lib/domain/encode-plan'
import type { LaneState } from '#lib/domain/lane-state'
import type { SourceProbe } from '#lib/domain/source-probe'
import type { Transcoded } from '#lib/domain/transcoded'

/** A revision under construction: its plan, and how far it has got. Removed when the revision is published. */
export interface BuildRecord {
  /** The revision's id. */
  _id: string
  videoId: string
  probe: SourceProbe
  plan: EncodePlan
  lanes: Record<Lane, LaneState>
  /** Where the plan says that the top rung is copied. */
  copied: CopyState
  /** Seconds of video a second, by unit, as measured. */
  speeds: Record<string, number>
  /** How often the plan was changed because a border could not be proved. */
  replanned: number
  /** What the publish needs, once everything is assembled. */
  transcoded: Transcoded | null
  /** When somebody last asked for its playlists. */
  watchedAt: Date | null
  createdAt: Date
}

const schema = new Schema<BuildRecord>(
  {
    _id: { type: String, required: true },
    videoId: { type: String, required: true },
    probe: { type: Schema.Types.Mixed, required: true },
    plan: { type: Schema.Types.Mixed, required: true },
    lanes: { type: Schema.Types.Mixed, required: true },
    copied: { type: Schema.Types.Mixed, default: NOTHING_COPIED },
    speeds: { type: Schema.Types.Mixed, default: {} },
    replanned: { type: Number, default: 0 },
    transcoded: { type: Schema.Types.Mixed, default: null },
    watchedAt: { type: Date, default: null },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false, collection: 'builds', minimize: false },
)
// A video has one revision under construction at a time.
schema.index({ videoId: 1 }, { unique: true })
schema.plugin(sanitizeFilters)

export const BuildModel =
  (mongoose.models.Build as Model<BuildRecord> | undefined) ?? model<BuildRecord>('Build', schema)
