import type { Seam, UnitSegment } from '#lib/domain/encode-plan'

/** How far the rungs of a lane are assembled. Plain data, kept with the revision under construction. */
export interface LaneState {
  /** The next unit to be assembled. */
  unit: number
  segments: UnitSegment[]
  frameCount: number
  /** When the last picture so far is shown; null before the first. */
  lastTicks: number | null
  /** What the last unit saw before its end; null at the beginning, and where it saw nothing. */
  tail: Seam | null
  damaged: boolean
  endMissing: boolean
  /** By rung: its init segments and the first segment each is for. Empty for transport streams. */
  inits: Record<string, { name: string; fromSegment: number }[]>
  /** By rung: the transport stream's counters. Empty for fragmented MP4. */
  continuity: Record<string, Record<string, number>>
}

/** A lane with nothing in it. */
export function emptyLane(): LaneState {
  return {
    unit: 0,
    segments: [],
    frameCount: 0,
    lastTicks: null,
    tail: null,
    damaged: false,
    endMissing: false,
    inits: {},
    continuity: {},
  }
}
