import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import type { ErrorCode } from '#lib/error-codes'

export const JOB_KINDS = [
  'replace',
  'ingest',
  'plan',
  'transcode',
  'sound',
  'copy',
  'tracks',
  'assemble',
  'pictures',
  'publish',
  'hash',
  'delete',
] as const
export type JobKind = (typeof JOB_KINDS)[number]

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/** What became of one attempt at a job. */
export interface JobAttempt {
  attempt: number
  /** Host and process of whoever made it. */
  holder: string | null
  startedAt: Date | null
  endedAt: Date
  /** `requeued`: an administrator took it from its holder, and attempts are counted anew. */
  outcome: 'done' | 'retried' | 'failed' | 'cancelled' | 'requeued'
  failure: { code: ErrorCode; message: string } | null
  /** Why FFmpeg failed, as far as its words tell. */
  reason: string | null
  /** The last lines of its log. */
  log: string[]
}

export interface JobRecord {
  _id: string
  kind: JobKind
  videoId: string
  /** Which unit of the video; empty for jobs a video has one of. */
  unit: string
  /** Lower is sooner; among equals the one made first. */
  priority: number
  state: JobState
  attempts: number
  progress: number
  /** Not taken up before this. */
  runAfter: Date
  /** Who holds it, and until when (server time). */
  lease: { holder: string; expiresAt: Date } | null
  /** Counts the holders: every write of one carries its number, so one that lost the job changes nothing. */
  fence: number
  cancelRequested: boolean
  failure: { code: ErrorCode; message: string } | null
  /** Last lines of what the tools said, newest last. */
  log: string[]
  /** What encoded it and why, in a sentence, once known. */
  encoder: string | null
  /** What the handler found and a later stage needs; its shape belongs to the handler. */
  result: unknown
  /** The attempts that ended, oldest first, bounded. One whose holder died is not among them. */
  history: JobAttempt[]
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

const schema = new Schema<JobRecord>(
  {
    _id: { type: String, required: true },
    kind: { type: String, enum: JOB_KINDS, required: true },
    videoId: { type: String, required: true },
    unit: { type: String, default: '' },
    priority: { type: Number, default: 0 },
    state: { type: String, enum: JOB_STATES, required: true },
    attempts: { type: Number, default: 0 },
    progress: { type: Number, default: 0 },
    runAfter: { type: Date, required: true },
    lease: { type: Schema.Types.Mixed, default: null },
    fence: { type: Number, default: 0 },
    cancelRequested: { type: Boolean, default: false },
    failure: { type: Schema.Types.Mixed, default: null },
    log: { type: [String], default: [] },
    encoder: { type: String, default: null },
    result: { type: Schema.Types.Mixed, default: null },
    history: { type: Schema.Types.Mixed, default: [] },
    createdAt: { type: Date, required: true },
    startedAt: { type: Date, default: null },
    finishedAt: { type: Date, default: null },
  },
  { versionKey: false, collection: 'jobs' },
)
// One job of a kind for a unit of a video: delivering the same event twice changes nothing.
schema.index({ videoId: 1, kind: 1, unit: 1 }, { unique: true })
schema.index({ state: 1, priority: 1, createdAt: 1 })
// The list of an administrator, newest first, all or of one state.
schema.index({ createdAt: -1, _id: 1 })
schema.index({ state: 1, createdAt: -1, _id: 1 })
schema.plugin(sanitizeFilters)

export const JobModel =
  (mongoose.models.Job as Model<JobRecord> | undefined) ?? model<JobRecord>('Job', schema)
