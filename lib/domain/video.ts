import type { AudioRendition, Rendition, SegmentFormat } from '#lib/domain/rendition'
import type { RevisionTracks } from '#lib/domain/tracks'
import type { ErrorCode } from '#lib/error-codes'

export const VIDEO_STATES = ['uploading', 'ingesting', 'transcoding', 'ready', 'failed'] as const
export type VideoState = (typeof VIDEO_STATES)[number]

/** From everybody to nobody. Links reach all of them. */
export const VISIBILITIES = ['public', 'unlisted', 'password', 'people', 'private'] as const
/** What an upload may begin with: the others need a password or names first. */
export const UPLOAD_VISIBILITIES = ['public', 'unlisted', 'private'] as const
export type Visibility = (typeof VISIBILITIES)[number]

export interface VideoFailure {
  code: ErrorCode
  message: string
}

/** A published encoding of a video: the folder `revisions/{id}` and what is in it. */
export interface Revision {
  id: string
  segmentFormat: SegmentFormat
  renditions: Rendition[]
  audio: AudioRendition | null
  tracks?: RevisionTracks
}

const NEXT_STATES: Record<VideoState, readonly VideoState[]> = {
  uploading: ['ingesting', 'failed'],
  ingesting: ['transcoding', 'failed'],
  transcoding: ['ready', 'failed'],
  // With a new file, or encoded anew; what was published plays on, and is what it goes back to when that fails.
  ready: ['ingesting', 'transcoding'],
  failed: ['ingesting', 'transcoding'],
}

/**
 * The states a video may be in just before it becomes `to`: the filter of a compare-and-set update, through which every
 * change of a video's state goes.
 */
export function statesBefore(to: VideoState): VideoState[] {
  return VIDEO_STATES.filter((from) => NEXT_STATES[from].includes(to))
}

/** Title of an upload that came without one: the file name without folder and extension. */
export function titleFromFilename(filename: string): string {
  const base = filename.split(/[\\/]/).at(-1) ?? ''
  const title = base
    .replace(/\.[^.]{1,8}$/, '')
    .replace(/[_\s]+/g, ' ')
    .trim()
  return title.slice(0, 200) || 'Untitled video'
}
