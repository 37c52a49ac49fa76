import type { CopiedRung } from '#lib/domain/copy-plan'
import type { EncoderChoice } from '#lib/domain/encoding'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'

/** A run of whole segments that one FFmpeg makes: the grain of work, retry and progress. */
export interface PlannedUnit {
  index: number
  /** In the source's time, its first packet at 0. A frame belongs to the unit in which start ≤ time < end. */
  startSeconds: number
  /** Null for the last one: it takes whatever is there. */
  endSeconds: number | null
  /** The number of its first segment, the same in every rung. */
  firstSegment: number
}

/**
 * What is to be made of a source, fixed before the first frame is encoded and kept with the revision under construction:
 * every unit of every attempt, on whichever machine, reads the same plan.
 */
export interface EncodePlan {
  segmentFormat: SegmentFormat
  encoder: EncoderChoice
  /** The top rung, when it is copied from the source; null when all are encoded. */
  copied: CopiedRung | null
  /** What is encoded, largest first. */
  rungs: LadderRung[]
  /** Of `rungs`, those that keep ahead of a viewer on a slow machine. At least one. */
  lowRungs: string[]
  /** When each segment starts, ascending, the first at 0. They need not be evenly spaced. */
  boundaries: number[]
  units: PlannedUnit[]
  /**
   * Whether units are found by seeking in the source. Where seeking cannot be trusted each is decoded from the
   * beginning, and there are only two: the short first one, and the rest.
   */
  seek: boolean
  /** Frames before a border that both sides must have seen alike, in seconds. */
  seamSeconds: number
}

/** Which rungs a job makes of a unit: all of them, or one part when the low ones go first. */
export type RungGroup = 'all' | 'low' | 'high'

/** Where the finished rungs stand: the low ones may be ahead of the others. */
export type Lane = 'low' | 'high'

/** The rungs of a group, in the ladder's order. */
export function rungsOf(plan: Pick<EncodePlan, 'rungs' | 'lowRungs'>, group: RungGroup): LadderRung[] {
  const isLow = ({ name }: LadderRung) => plan.lowRungs.includes(name)
  if (group === 'all') return plan.rungs
  return plan.rungs.filter((rung) => (group === 'low' ? isLow(rung) : !isLow(rung)))
}

/** `12-low`: names a unit's job, and the folder its output is kept in until it is assembled. */
export function unitKey(index: number, group: RungGroup): string {
  return `${index}-${group}`
}

/** @returns null for what is not a unit's name. */
export function parseUnitKey(key: string): { index: number; group: RungGroup } | null {
  const match = /^(\d{1,6})-(all|low|high)$/.exec(key)
  return match === null ? null : { index: Number(match[1]), group: match[2] as RungGroup }
}

/** The last picture before a border, as one side of it saw it. Equal on both sides: nothing is missing and nothing twice. */
export interface Seam {
  /** In 1/90,000 s of the source's time. */
  ticks: number
  /** Adler-32 of the picture scaled down, as FFmpeg's framecrc writes it. */
  checksum: string
}

/** What encoding a unit left, checked by decoding it again. Plain data: it crosses threads and is kept with the job. */
export interface UnitResult {
  index: number
  group: RungGroup
  /** The same in every rung. Numbers may skip where the source has no frame for longer than a segment. */
  segments: UnitSegment[]
  frameCount: number
  /** When its last picture is shown, in ticks of the output; null without a picture. */
  lastTicks: number | null
  head: Seam | null
  tail: Seam | null
  damaged: boolean
  endMissing: boolean
  /** Seconds of video for each second it took. */
  speed: number
  /** What encoded it and why, in a sentence. */
  encoder: string
  log: string[]
}

export interface UnitSegment {
  number: number
  /** When its first picture is shown, in ticks of 1/90,000 s of the output. */
  startTicks: number
}

/** What encoding the sound came to. */
export interface SoundResult {
  /** False when nothing could be decoded: the video then has no sound. */
  present: boolean
  sentence: string | null
  log: string[]
}

/** Lanes that have rungs at all. */
export function lanesOf(plan: Pick<EncodePlan, 'rungs' | 'lowRungs'>): Lane[] {
  return (['low', 'high'] as const).filter((lane) => rungsOf(plan, lane).length > 0)
}
