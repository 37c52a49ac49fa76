/**
 * What a source may be. Beyond these it is refused before it is decoded: 749 kB of Matroska once cost 885 MB of
 * memory. 8K film fits, a 16k × 16k picture does not.
 */
export const MEDIA_LIMITS = {
  /** 8192 × 4352: 8K with room for padding, in either orientation. */
  pixelsMax: 8192 * 4352,
  sideMax: 8704,
  streamsMax: 32,
  durationSecondsMax: 24 * 3600,
  /** Above this, frames are dropped evenly: nothing shows more, and it halves the work for slow-motion clips. */
  frameRateMax: 60,
  audioChannelsMax: 32,
} as const

const MIB = 1024 ** 2

/** Address space for decoding and scaling pictures of this size, generous because much of it is never touched. */
export function addressSpaceFor(pixels: number, threads: number): number {
  const pictures = 96 * pixels * 3
  return Math.ceil(2048 * MIB + threads * 80 * MIB + pictures)
}
