import type { EncodeResult } from '#lib/domain/encoding'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'

/** Damage is tolerated as long as this share of the frames could be shown. */
const FRAME_SHARE_MIN = 0.98
const TOLERANCE_SECONDS = 0.1

/**
 * Whether the source was all there, from what decoding it counted. Pure. FFmpeg exits 0 for a file whose second half is
 * missing, so this decides, and not the exit code.
 * @returns the share of the declared frames that were decoded, or null when the file declares none.
 * @throws source_truncated when its end is missing; source_corrupt when too much of the middle is.
 */
export function verifySource(
  probe: SourceProbe,
  { decoded, durationSeconds }: Pick<EncodeResult, 'decoded' | 'durationSeconds'>,
): number | null {
  const share = measureShare(probe, decoded.frameCount)
  const missing = measureMissing(probe, durationSeconds)
  const details = { share, missing, decoded, declared: probe.durationSeconds }
  const lacks = missing !== null && missing > tolerance(probe)
  if (decoded.endMissing && (lacks || (share !== null && share < 1 - Number.EPSILON && missing === null))) {
    throw new PeekrError('source_truncated', { details })
  }
  // Without a word from the demuxer (AVI), an end far short of the declared one says the same.
  if (lacks && durationSeconds < FRAME_SHARE_MIN * (probe.video?.durationSeconds ?? 0)) {
    throw new PeekrError('source_truncated', { details })
  }
  if (decoded.damaged && share !== null && share < FRAME_SHARE_MIN) {
    throw new PeekrError('source_corrupt', { details })
  }
  return share
}

/** An edit list may show less than the index holds, so the lower of both figures counts as declared. */
function measureShare({ video, durationSeconds }: SourceProbe, frameCount: number): number | null {
  const byRate = video?.frameRate && durationSeconds ? Math.floor(video.frameRate * durationSeconds) : null
  const declared = Math.min(video?.frameCount ?? Number.POSITIVE_INFINITY, byRate ?? Number.POSITIVE_INFINITY)
  return Number.isFinite(declared) && declared > 0 ? Math.min(1, frameCount / declared) : null
}

/** Seconds of picture the file promises and did not give. Null when it promises none of its own. */
function measureMissing({ video, startSeconds }: SourceProbe, durationSeconds: number): number | null {
  if (!video?.durationSeconds) return null
  const late = Math.max(0, (video.startSeconds ?? 0) - (startSeconds ?? 0))
  return video.durationSeconds + late - durationSeconds
}

function tolerance({ video }: SourceProbe): number {
  return Math.max(TOLERANCE_SECONDS, 1.5 / (video?.frameRate ?? 30))
}
