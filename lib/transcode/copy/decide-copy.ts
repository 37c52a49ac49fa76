import type { CopyPlan } from '#lib/domain/copy-plan'
import { COPY_REFUSALS, type CopyRefusal } from '#lib/domain/copy-refusal'
import type { LadderRung } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { isHdr } from '#lib/media/color-filters'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

/** What every browser decodes; Extended, High 10 and 4:2:2 are not among them. */
const PROFILES = ['Constrained Baseline', 'Baseline', 'Main', 'High', 'Progressive High', 'Constrained High']
/** Level 5.2: 2160 lines at 60 frames a second. */
const LEVEL_MAX = 52
/**
 * A copied rung may have this many times the bits that encoding would be capped at. At the cap, cameras' own files would
 * hardly ever be copied; far above it, a viewer whose line cannot carry the top rung loses its size altogether, since no
 * lighter rung of that size exists. 12.5 Mbit/s at 1080p30.
 */
const BITRATE_FACTOR_MAX = 2.5
/** A passage may be heavier than the whole, as players buffer ahead. */
const PEAK_FACTOR_MAX = 5
export const SOUND_BITRATE_MAX_BPS = 320_000

/**
 * Whether a source's picture may be copied as the top rung, by what ffprobe says of it. Pure. The index decides afterwards
 * (key frames, edit lists, bits).
 * @returns null when it may, else why not.
 */
export function findCopyRefusal({ video, container }: SourceProbe): CopyRefusal | null {
  if (video === null || video.codec !== 'h264') return 'codec'
  // A raw stream has no times of its own.
  if (container === 'h264') return 'container'
  if (!PROFILES.includes(video.profile ?? '') || !isLevelPlayable(video)) return 'profile'
  if (video.pixelFormat !== 'yuv420p' || video.bitDepth !== 8) return 'pixels'
  if (isHdr(video)) return 'hdr'
  if (video.rotationDegrees !== 0) return 'rotated'
  if (video.width !== video.codedWidth || video.height !== video.codedHeight) return 'shape'
  if (Math.min(video.width, video.height) > SIDE_MAX) return 'shape'
  if (video.interlaced) return 'interlaced'
  if (video.frameRate === null || video.frameRate > MEDIA_LIMITS.frameRateMax * 1.02) return 'frame_rate'
  return null
}

/** The ladder goes up to here; beyond, the top rung is smaller than the source. */
const SIDE_MAX = 2160

function isLevelPlayable({ level }: SourceVideo): boolean {
  return level !== null && level > 0 && level <= LEVEL_MAX
}

/** The ladder with the source itself at the top, whatever its exact size. Pure. */
export function putCopyOnTop(ladder: readonly LadderRung[], video: SourceVideo): LadderRung[] {
  const [top, ...lower] = ladder
  const side = Math.min(video.width, video.height)
  if (top === undefined) return []
  const { width, height } = video
  return [{ ...top, name: `${side}p`, width, height }, ...lower.filter(({ name }) => name !== `${side}p`)]
}

/** Whether it needs far more bits than its rung is worth. Pure. */
export function isTooHeavy(
  { averageBps, peakBps }: { averageBps: number; peakBps: number },
  { maxBitrateBps }: LadderRung,
): boolean {
  return averageBps > BITRATE_FACTOR_MAX * maxBitrateBps || peakBps > PEAK_FACTOR_MAX * maxBitrateBps
}

/** The sentence that a job shows for a source that is encoded although it might have been copied. Pure. */
export function explainRefusal(refusal: CopyRefusal): string {
  return `The top quality is encoded, not copied: ${COPY_REFUSALS[refusal]}.`
}

/** The same for one that is copied. Pure. */
export function explainCopy({ sound, averageBps }: CopyPlan): string {
  const what = sound
    ? 'The picture and the sound are copied as they came'
    : 'The picture is copied as it came'
  return `${what} (${(averageBps / 1e6).toFixed(1)} Mbit/s); the smaller sizes are encoded.`
}
