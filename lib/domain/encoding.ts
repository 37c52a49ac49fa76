import type { AudioRendition, Rendition } from '#lib/domain/rendition'

export const ENCODERS = ['h264_nvenc', 'libx264'] as const
export type EncoderName = (typeof ENCODERS)[number]

/** What a test encode of one second said about an encoder. */
export interface EncoderFinding {
  works: boolean
  /** A sentence for the admin page. */
  sentence: string
}
export type EncoderReport = Record<EncoderName, EncoderFinding>

/** The encoder a job is to start with, and why, in a sentence. */
export interface EncoderChoice {
  name: EncoderName
  sentence: string
}

/** What encoding found in the source, counted while decoding; the truth that verification compares with. */
export interface DecodedSource {
  /** Frames the decoder gave. */
  frameCount: number
  /** The decoder complained at least once. */
  damaged: boolean
  /** The demuxer met the end of the file before the end of the streams. */
  endMissing: boolean
}

/** What a revision consists of, once all its units are assembled. */
export interface EncodeResult {
  renditions: Rendition[]
  audio: AudioRendition | null
  durationSeconds: number
  /** Frames in every rendition. */
  frameCount: number
  decoded: DecodedSource
}
