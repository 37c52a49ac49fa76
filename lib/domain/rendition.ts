/** What segments are made of: fragmented MP4 (RFC 8216 §3.3) or MPEG-2 transport stream (§3.2). */
export const SEGMENT_FORMATS = ['fmp4', 'ts'] as const
export type SegmentFormat = (typeof SEGMENT_FORMATS)[number]

/** One rung of the planned ladder: what is to be encoded. */
export interface LadderRung {
  /** The rendition's folder and label: the short side in lines, e.g. `720p`. */
  name: string
  width: number
  height: number
  /** The cap of a constant-quality encode, in bits a second. */
  maxBitrateBps: number
  /** The constant quality on libx264's scale; absent in plans from before it could be set. */
  crf?: number
}

/** One encoded rung, as published. */
export interface Rendition {
  name: string
  width: number
  height: number
  /** Measured peak over segments, in bits a second, audio excluded (RFC 8216 §4.3.4.2 adds it per variant). */
  bitrateBps: number
  /** RFC 6381 codec string of the video alone, e.g. `avc1.64001f`. */
  codecs: string
}

/** The separate audio rendition, as published. */
export interface AudioRendition {
  bitrateBps: number
  codecs: string
  channels: number
}
