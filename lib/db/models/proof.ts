import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import type { EncodePlan } from '#lib/domain/encode-plan'
import { type FileFlaw, PROOF_VERDICTS, type ProofVerdict } from '#lib/domain/proof-view'
import type { SourceProbe } from '#lib/domain/source-probe'

/** What is known of the bytes of a video's revision. Losing one costs no more than reading the video again. */
export interface ProofRecord {
  /** The video's id. */
  _id: string
  /** Which revision the rest is about. */
  revisionId: string
  verdict: ProofVerdict
  verifiedAt: Date | null
  /** When it was last looked at, or published: what the schedule counts from. */
  checkedAt: Date
  requestedAt: Date | null
  /** How far a reading under way has got: the last path read, and what was found up to there. */
  cursor: {
    revisionId: string
    path: string
    readBytes: number
    totalBytes: number
    flaws: FileFlaw[]
  } | null
  flaws: FileFlaw[]
  sentence: string
  /** Names of whole snapshots of other revisions. */
  restores: string[]
  /** A revision that was to be made anew already: trying twice would go on for ever. */
  encodedFor: string | null
  /** What its units were made by, while the original is kept. */
  recipe: { revisionId: string; plan: EncodePlan; probe: SourceProbe } | null
}

const schema = new Schema<ProofRecord>(
  {
    _id: { type: String, required: true },
    revisionId: { type: String, required: true },
    verdict: { type: String, enum: PROOF_VERDICTS, default: 'unproved' },
    verifiedAt: { type: Date, default: null },
    checkedAt: { type: Date, required: true },
    requestedAt: { type: Date, default: null },
    cursor: { type: Schema.Types.Mixed, default: null },
    flaws: { type: Schema.Types.Mixed, default: [] },
    sentence: { type: String, default: '' },
    restores: { type: [String], default: [] },
    encodedFor: { type: String, default: null },
    recipe: { type: Schema.Types.Mixed, default: null },
  },
  { versionKey: false, collection: 'proofs', minimize: false },
)
schema.index({ requestedAt: 1 })
schema.index({ checkedAt: 1 })
schema.index({ verdict: 1 })
schema.plugin(sanitizeFilters)

export const ProofModel =
  (mongoose.models.Proof as Model<ProofRecord> | undefined) ?? model<ProofRecord>('Proof', schema)
