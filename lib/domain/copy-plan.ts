import type { CopyRefusal } from '#lib/domain/copy-refusal'
import type { LadderRung } from '#lib/domain/rendition'

/** How a copied rung is cut, found from the source's index before anything is written. Plain data, kept with the plan. */
export interface CopyPlan {
  segments: CopiedSegment[]
  /**
   * Just before each segment's first picture, and after the last one before it, in seconds of the source's time, the first at 0. Encoded
   * rungs that are cut by these times have their key frames on the very same pictures, however times are rounded.
   */
  boundaries: number[]
  frameCount: number
  durationSeconds: number
  averageBps: number
  /** Of its heaviest segment. */
  peakBps: number
  /** RFC 6381 string of the picture. */
  codecs: string
  /** Whether the source has no index of its own, so that it is copied by way of an MP4. */
  remuxed?: boolean
  /** Null when the sound has to be encoded, or there is none. */
  sound: CopiedSound | null
}

export interface CopiedSegment {
  /** When its first picture is shown, in seconds from the film's zero. */
  startSeconds: number
  durationSeconds: number
}

export interface CopiedSound {
  segments: { durationSeconds: number; sizeBytes: number }[]
  channels: number
  sampleRate: number
  averageBps: number
  peakBps: number
}

/** The top rung of a video whose picture is copied. It is not among the plan's `rungs`, which are encoded. */
export interface CopiedRung {
  rung: LadderRung
  plan: CopyPlan
}

/** How far the copying of a revision under construction is. Plain data, kept with it. */
export interface CopyState extends CopyProgress {
  isDone: boolean
  /** What `copyMark` gave when the playlists were last written. */
  shown: number
  /** Why what was copied is not to be kept, in a sentence; then the video is planned anew without. */
  flaw: string | null
}

export const NOTHING_COPIED: CopyState = { pictures: 0, sounds: 0, isDone: false, shown: 0, flaw: null }

/** Rises with everything that the playlists of a copy have to say. Pure. */
export function copyMark({ pictures, isDone }: Pick<CopyState, 'pictures' | 'isDone'>): number {
  return pictures + (isDone ? 1 : 0)
}

/** Whether the top rung is copied, and why, in a sentence for the job. */
export type CopyDecision =
  | { kind: 'copy'; sentence: string; plan: CopyPlan }
  | { kind: 'encode'; sentence: string; refusal: CopyRefusal }

/** How many segments of each can be fetched; said after each one that was finished. */
export interface CopyProgress {
  pictures: number
  sounds: number
}

/** How copying ended. The index may promise what the packets do not keep; then the rung has to be encoded after all. */
export type CopyOutcome =
  | ({ kind: 'copied' } & CopyProgress)
  | { kind: 'refused'; refusal: CopyRefusal; sentence: string }
