import type { SourceVideo } from '#lib/domain/source-probe'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

/** What the rungs have, after the cap on frames a second; only said when the file says it. */
export function findFrameRate({ frameRate }: Pick<SourceVideo, 'frameRate'>): number | null {
  return frameRate === null ? null : Math.min(frameRate, MEDIA_LIMITS.frameRateMax)
}

/** How long one picture is shown, on the average. */
export function findFrameSeconds(video: Pick<SourceVideo, 'frameRate'>): number {
  return 1 / (findFrameRate(video) ?? 30)
}
