import type { Visibility } from '#lib/domain/video'

/** A state that a video was in, as the API and the pages show it. Times are ISO 8601. */
export interface SnapshotView {
  /** Names it in the API: when it was taken, and why. */
  name: string
  /** `publish`, `before-edit`, `before-reencode`, `before-delete`, `before-restore`, `manual` … */
  reason: string
  createdAt: string
  /** What somebody called it; one with a label is kept until it is deleted. */
  label: string | null
  /** What the video was then; null when the snapshot cannot be read. */
  video: {
    title: string
    description: string
    tags: string[]
    visibility: Visibility
    durationSeconds: number | null
    revisionId: string
    renditions: string[]
    /** Root-relative, for those who may edit the video. */
    poster: string | null
  } | null
  /** Whether what played then plays now. */
  isCurrentRevision: boolean
  /** What deleting it would free; null while not measured, or where the filesystem does not tell. */
  exclusiveBytes: number | null
}
