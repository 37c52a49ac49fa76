import type { AudioRendition, Rendition } from '#lib/domain/rendition'
import type { RevisionTracks } from '#lib/domain/tracks'

const ENCODERS = ['h264_nvenc', 'libx264'] as const
export type EncoderName = (typeof ENCODERS)[number]

/** Codecs NVDEC is tried with, by FFmpeg's names, which are also those of a probe. */
export const CARD_CODECS = ['h264', 'hevc', 'vp9', 'av1', 'mpeg2video'] as const
export type CardCodec = (typeof CARD_CODECS)[number]

/** What a test encode of one second said about an encoder, a decoder or a filter. */
export interface EncoderFinding {
  works: boolean
  /** A sentence for the admin page. */
  sentence: string
}

export interface EncoderReport extends Record<EncoderName, EncoderFinding> {
  /** The whole way on the card: NVDEC, scale_cuda, NVENC. */
  card: Record<CardCodec, EncoderFinding>
  /** Mapping HDR colours to standard ones, on the CPU. */
  toneMap: EncoderFinding
  /** Encodes the card ran at the same time in the test; null without NVENC. The driver may allow more than were tried. */
  sessions: number | null
}

/** One line of the report, as `peekr doctor` and the admin page show it. */
export interface EncodingTrial extends EncoderFinding {
  name: string
}

/** The encoder a job is to start with, and why, in a sentence. */
export interface EncoderChoice {
  name: EncoderName
  /** Whether decoding and scaling are tried on the card as well. Absent in plans from before that could be. */
  card?: boolean
  /** Rungs of one job that NVENC encodes at the same time, largest first; libx264 makes the others. Absent is all. */
  sessions?: number
  /**
   * Threads of each libx264, of which what it writes depends: a unit that is healed on another machine has to be the same. Absent
   * in plans from before that was chosen by the machine: 16, or 4 for small pictures.
   */
  threads?: number
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
  /** Absent in results from before they were kept. */
  tracks?: RevisionTracks
  durationSeconds: number
  /** Frames in every rendition. */
  frameCount: number
  decoded: DecodedSource
}
