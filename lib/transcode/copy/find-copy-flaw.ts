import type { BuildRecord } from '#lib/db/models/build'
import { lanesOf } from '#lib/domain/encode-plan'
import { TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'

/** Times are rounded once on either way. */
const TOLERANCE_TICKS = 2

/**
 * Whether the encoded rungs contradict the copied one, as far as they are: damage that decoding met, segments that begin
 * elsewhere, another number of pictures. Pure. A copy is proved by this: its packets are the source's, and the source is
 * decoded for the smaller sizes anyway.
 * @returns a sentence for the job, or null.
 */
export function findCopyFlaw(
  { plan, lanes }: Pick<BuildRecord, 'plan' | 'lanes'>,
  isWhole: boolean,
): string | null {
  if (plan.copied === null) return null
  const { segments, frameCount } = plan.copied.plan
  for (const lane of lanesOf(plan)) {
    const state = lanes[lane]
    if (state.damaged || state.endMissing)
      return 'The top quality is encoded after all, not copied: the source is damaged.'
    const isAligned = state.segments.every(({ number, startTicks }) => {
      const start = segments[number]?.startSeconds
      const wanted = (TIMELINE_START_SECONDS + (start ?? Number.NaN)) * TICKS_PER_SECOND
      return Math.abs(startTicks - wanted) <= TOLERANCE_TICKS
    })
    const isSame = state.segments.length === segments.length && state.frameCount === frameCount
    if (!isAligned || (isWhole && !isSame))
      return 'The top quality is encoded after all, not copied: decoding gave other pictures than its index names.'
  }
  return null
}
