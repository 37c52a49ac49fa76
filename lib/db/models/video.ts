import mongoose, { type Model, model, Schema } from 'mongoose'
import { keepSearchable, SEARCHED_FIELDS, type SearchWords } from '#lib/db/keep-searchable'
import { sanitizeFilters } from '#lib/db/sanitize-filters'
import type { EarlyPlay } from '#lib/domain/early-play'
import type { AudioRendition, Rendition, SegmentFormat } from '#lib/domain/rendition'
import type { RevisionTracks } from '#lib/domain/tracks'
import {
  VIDEO_STATES,
  VISIBILITIES,
  type VideoFailure,
  type VideoState,
  type Visibility,
} from '#lib/domain/video'

export interface Replacing {
  uploadId: string
  /** Whether what there was is kept, so that work on the new file may begin. */
  isBegun: boolean
  source: VideoRecord['source']
  fingerprint?: string
}

export interface ReplacedSource {
  /** The upload it came with, after which its file is named now. */
  uploadId: string
  sizeBytes: number
  /** False where the original was not kept in the first place. */
  isKept: boolean
  fingerprint?: string
}

export interface VideoRecord {
  _id: string
  ownerId: string
  /** The tus upload it came from; unique, so one finished upload makes one video. */
  uploadId: string
  title: string
  description: string
  tags: string[]
  state: VideoState
  playable: boolean
  /** 0 to 1 over everything still to come. */
  progress: number
  failure: VideoFailure | null
  visibility: Visibility
  /** Missing in records from before there was any of it. The password's hash is read only where it is asked for. */
  access?: {
    /** `label` is what its owner called them by, which is all of their address that the owner is shown. */
    people: { userId: string; label: string }[]
    passwordVersion: number
    passwordHash?: string | null
  }
  durationSeconds: number | null
  width: number | null
  height: number | null
  source: { filename: string; sizeBytes: number; sha256: string | null }
  /** Of the uploaded file, see lib/upload/fingerprint.ts; until it is there, what its client says it is. */
  fingerprint?: string
  /** A new file that is to take the place of its source: from its last byte on, until it plays or is refused. */
  replacing?: Replacing | null
  /** The sources it had before, the latest last; those a snapshot can bring back are kept beside the present one. */
  replaced?: ReplacedSource[]
  revision: {
    id: string
    segmentFormat: SegmentFormat
    renditions: Rendition[]
    audio: AudioRendition | null
    tracks?: RevisionTracks
    poster: boolean
    /** Absent in revisions from before there were any. */
    storyboard?: boolean
    hover?: boolean
    /** While it is under construction and plays already: how much of it there is. */
    growing?: { availableSeconds: number }
  } | null
  /** What it played before: whoever watches that then may go on for a while. */
  former?: { revisionId: string; until: Date } | null
  /** While its file is being uploaded, and until it plays itself: what its owner can watch of it. */
  early?: EarlyPlay | null
  /** Why nothing of it is played although it is published: its files are damaged beyond repair. */
  quarantine?: { at: Date; revisionId: string } | null
  /** What the text index reads; kept by keepSearchable and never read back. */
  search?: SearchWords
  createdAt: Date
  updatedAt: Date
  publishedAt: Date | null
  /** Set when a video is deleted: from then on it is gone for everybody. */
  deletedAt: Date | null
  /** Until then a deleted video lies in the bin; from then on its files and records go (`lib/db/bin-filters.ts`). */
  eraseAt: Date | null
}

const schema = new Schema<VideoRecord>(
  {
    _id: { type: String, required: true },
    ownerId: { type: String, required: true },
    uploadId: { type: String, required: true },
    title: { type: String, required: true },
    description: { type: String, default: '' },
    tags: { type: [String], default: [] },
    state: { type: String, enum: VIDEO_STATES, required: true },
    playable: { type: Boolean, default: false },
    progress: { type: Number, default: 0 },
    failure: { type: new Schema({ code: String, message: String }, { _id: false }), default: null },
    visibility: { type: String, enum: VISIBILITIES, default: 'private' },
    access: {
      people: { type: [new Schema({ userId: String, label: String }, { _id: false })], default: [] },
      passwordVersion: { type: Number, default: 0 },
      passwordHash: { type: String, default: null, select: false },
    },
    durationSeconds: { type: Number, default: null },
    width: { type: Number, default: null },
    height: { type: Number, default: null },
    fingerprint: { type: String },
    replacing: { type: Schema.Types.Mixed, default: null },
    replaced: {
      type: [
        new Schema(
          { uploadId: String, sizeBytes: Number, isKept: Boolean, fingerprint: String },
          { _id: false },
        ),
      ],
      default: [],
    },
    source: {
      filename: { type: String, required: true },
      sizeBytes: { type: Number, required: true },
      sha256: { type: String, default: null },
    },
    revision: { type: Schema.Types.Mixed, default: null },
    former: { type: Schema.Types.Mixed, default: null },
    early: { type: Schema.Types.Mixed, default: null },
    quarantine: { type: Schema.Types.Mixed, default: null },
    search: {
      type: new Schema({ version: Number, title: String, tags: String, description: String }, { _id: false }),
      select: false,
    },
    publishedAt: { type: Date, default: null },
    deletedAt: { type: Date, default: null },
    eraseAt: { type: Date, default: null },
  },
  { timestamps: true, versionKey: false, collection: 'videos' },
)
schema.index({ uploadId: 1 }, { unique: true })
// A page of a listing is read in its order, so that it costs the same however many videos there are.
const AUDIENCES: Record<string, 1>[] = [
  { deletedAt: 1, visibility: 1, playable: 1 },
  { ownerId: 1, deletedAt: 1 },
  { deletedAt: 1 },
]
for (const audience of AUDIENCES) {
  schema.index({ ...audience, createdAt: -1, _id: -1 })
  schema.index({ ...audience, title: 1, _id: 1 })
  schema.index({ ...audience, durationSeconds: -1, _id: -1 })
}
schema.index(
  Object.fromEntries(Object.keys(SEARCHED_FIELDS).map((field) => [`search.${field}`, 'text'])) as Record<
    string,
    'text'
  >,
  {
    weights: Object.fromEntries(
      Object.entries(SEARCHED_FIELDS).map(([field, weight]) => [`search.${field}`, weight]),
    ),
    // The words are whole beginnings of words already: nothing to be left out or shortened, in any language.
    default_language: 'none',
  },
)
schema.index({ 'search.version': 1 })
schema.index({ 'access.people.userId': 1, createdAt: -1 })
schema.index({ state: 1 })
schema.index({ ownerId: 1, fingerprint: 1 })
schema.plugin(sanitizeFilters)
schema.plugin(keepSearchable)

export const VideoModel =
  (mongoose.models.Video as Model<VideoRecord> | undefined) ?? model<VideoRecord>('Video', schema)
