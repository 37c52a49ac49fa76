import { buildInputGuard } from '#lib/media/allowed-formats'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

/**
 * FFmpeg's options that open the source at a place that was surveyed. Pure. A key frame is gone to directly: asked for its
 * exact time, rounded, FFmpeg would decode from the one before, up to ten seconds of it, and throw all of that away.
 */
export function buildPictureInput(place: {
  input: string
  timeSeconds: number
  /** Whether the place is known to be a key frame. */
  onKeyFrame: boolean
  lengthSeconds?: number
}): string[] {
  const { input, timeSeconds, onKeyFrame, lengthSeconds } = place
  const seek = onKeyFrame
    ? ['-noaccurate_seek', '-ss', (timeSeconds + 0.01).toFixed(3)]
    : // A hair before: a time rounded up would miss its own frame.
      ['-ss', Math.max(0, timeSeconds - 0.002).toFixed(3)]
  return [
    ...buildInputGuard(),
    ...['-err_detect', 'ignore_err', '-max_pixels', String(MEDIA_LIMITS.pixelsMax), ...seek],
    ...(lengthSeconds === undefined ? [] : ['-t', lengthSeconds.toFixed(3)]),
    ...['-an', '-sn', '-dn', '-i', `file:${input}`],
  ]
}
