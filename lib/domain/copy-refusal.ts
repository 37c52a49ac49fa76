/**
 * Why a stream of a source is encoded although copying it would be faster: the closed list, each with the sentence that
 * the job shows. The limits are in `lib/transcode/copy/decide-copy`.
 */
export const COPY_REFUSALS = {
  small: 'it is so small that encoding it takes no time',
  codec: 'its picture is not H.264',
  profile: 'its H.264 profile or level is one that not every browser decodes',
  pixels: 'its pixels are not 8-bit 4:2:0 in the usual range',
  hdr: 'its colours are high dynamic range',
  rotated: 'it was filmed with the camera turned',
  shape: 'its pixels are not square, or its size is not one of the ladder',
  interlaced: 'it is interlaced',
  frame_rate: 'it has more frames a second than are shown',
  heavy: 'it needs far more bits than its size is given, which few connections could follow',
  container: 'its container tells too little to cut it without decoding',
  unreadable: 'its index could not be read',
  truncated: 'part of the file is missing',
  too_long: 'it has too many frames to index',
  edited: 'an edit list cuts into its picture',
  changing: 'its format changes in the middle',
  open_gop: 'its key frames depend on pictures before them',
  few_keyframes: 'its key frames are too far apart to seek by',
  irregular: 'its times are out of order',
  damaged: 'its packets are damaged',
} as const

export type CopyRefusal = keyof typeof COPY_REFUSALS

/**
 * What an error says about the source, or null when it says nothing about it. Pure. Reading behind the end of what is
 * there is Node's own RangeError: wherever a check in front of it should be missing, the file is at fault all the same.
 */
export function findRefusal(error: unknown): CopyRefusal | null {
  if (error instanceof CopyRefused) return error.refusal
  return error instanceof RangeError ? 'unreadable' : null
}

/** Thrown inside the reading and cutting of a source, and turned into data where that ends. Says nothing of the video. */
export class CopyRefused extends Error {
  override readonly name = 'CopyRefused'
  readonly refusal: CopyRefusal

  constructor(refusal: CopyRefusal, detail: string) {
    super(detail)
    this.refusal = refusal
  }
}
