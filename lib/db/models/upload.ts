import mongoose, { type Model, model, Schema } from 'mongoose'
import { sanitizeFilters } from '#lib/db/sanitize-filters'

/** Which process may write an upload's bytes. `beat` changes while that process lives; see upload-leases.ts. */
export interface UploadLease {
  holder: string
  beat: number
}

const UPLOAD_KINDS = ['whole', 'partial', 'final', 'replacement'] as const
export type UploadKind = (typeof UPLOAD_KINDS)[number]

/** A tus upload: whose it is, how much space it holds, and whether its video has been made. */
export interface UploadRecord {
  /** The tus id, which is also the file name in the tus store. */
  _id: string
  /**
   * `partial` has no video: it becomes a piece of the `final` that names it. `replacement` makes none either: it is a new
   * file for the video that `replaces` names. Records of older versions have no kind.
   */
  kind?: UploadKind
  /** Of a `partial` or a `replacement`, which make no video, its own id: the index wants each to be different. */
  videoId: string
  replaces?: string | null
  ownerId: string
  filename: string
  sizeBytes: number
  /** The Upload-Metadata header as it came, which tus wants repeated in every HEAD answer. */
  metadata: string
  /**
   * `open` holds a reservation; `finished` waits for ingest; `ingested` is done with; `abandoned` was given up;
   * `joined` is a `partial` that belongs to the final upload named by `finalId`.
   */
  state: 'open' | 'finished' | 'ingested' | 'abandoned' | 'joined'
  /** Of a `final`: its pieces, in order. */
  parts?: string[]
  finalId?: string | null
  /** Of a file on this machine: nobody goes on with it when the process that imports it ends. */
  isImport?: boolean
  lease?: UploadLease | null
  /** Another process waits for the lease. */
  leaseWanted?: boolean
  /** Bytes from here on came with a checksum that has not been compared; after a crash they are dropped. */
  unverifiedFrom?: number | null
  createdAt: Date
  updatedAt: Date
  expiresAt: Date
}

const schema = new Schema<UploadRecord>(
  {
    _id: { type: String, required: true },
    kind: { type: String, enum: UPLOAD_KINDS, default: 'whole' },
    videoId: { type: String, required: true },
    replaces: { type: String, default: null },
    ownerId: { type: String, required: true },
    filename: { type: String, required: true },
    sizeBytes: { type: Number, required: true },
    metadata: { type: String, default: '' },
    state: { type: String, enum: ['open', 'finished', 'ingested', 'abandoned', 'joined'], required: true },
    parts: { type: [String], default: [] },
    finalId: { type: String, default: null },
    isImport: { type: Boolean, default: false },
    lease: { type: Schema.Types.Mixed, default: null },
    leaseWanted: { type: Boolean, default: false },
    unverifiedFrom: { type: Number, default: null },
    expiresAt: { type: Date, required: true },
  },
  { timestamps: true, versionKey: false, collection: 'uploads' },
)
schema.index({ videoId: 1 }, { unique: true })
schema.index({ replaces: 1 })
schema.index({ state: 1, updatedAt: 1 })
schema.index({ ownerId: 1, state: 1 })
schema.plugin(sanitizeFilters)

export const UploadModel =
  (mongoose.models.Upload as Model<UploadRecord> | undefined) ?? model<UploadRecord>('Upload', schema)
