import { buildInputGuard } from '#lib/media/allowed-formats'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

/**
 * Where FFmpeg 5.1 skips the frames between key frames of an MP4, it takes their times for those of the key frames, which are
 * thus wrong by as many frames as B-frames are moved. A time too late still finds the same key frame.
 */
const LATE_FRAMES = 6

/**
 * FFmpeg's options that open the source at a place that was surveyed. Pure. A key frame is gone to directly: asked for its
 * exact time, rounded, FFmpeg would decode from the one before, up to ten seconds of it, and throw all of that away.
 */
export function buildPictureInput(place: {
  input: string
  timeSeconds: number
  /** Whether the place is known to be a key frame. */
  onKeyFrame: boolean
  /** Of the source; null where that is not known. */
  frameRate: number | null
  lengthSeconds?: number
}): string[] {
  const { input, timeSeconds, onKeyFrame, frameRate, lengthSeconds } = place
  const seek = onKeyFrame
    ? ['-noaccurate_seek', '-ss', (timeSeconds + LATE_FRAMES / (frameRate ?? 30)).toFixed(3)]
    : // A hair before: a time rounded up would miss its own frame.
      ['-ss', Math.max(0, timeSeconds - 0.002).toFixed(3)]
  return [
    ...buildInputGuard(),
    ...['-err_detect', 'ignore_err', '-max_pixels', String(MEDIA_LIMITS.pixelsMax), ...seek],
    ...(lengthSeconds === undefined ? [] : ['-t', lengthSeconds.toFixed(3)]),
    ...['-an', '-sn', '-dn', '-i', `file:${input}`],
  ]
}
