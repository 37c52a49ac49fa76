import type { EncodePlan } from '#lib/domain/encode-plan'
import type { EncoderChoice } from '#lib/domain/encoding'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { planLadder } from '#lib/transcode/plan-ladder'
import { planUnits } from '#lib/transcode/plan-units'

/** Everything about an encode that is decided before it begins. Pure. @throws source_not_video */
export function planEncoding(options: {
  probe: SourceProbe
  segmentFormat: SegmentFormat
  encoder: EncoderChoice
}): EncodePlan {
  const { probe, segmentFormat, encoder } = options
  if (probe.video === null) throw new PeekrError('source_not_video')
  const rungs = planLadder(probe.video)
  return { segmentFormat, encoder, rungs, lowRungs: chooseLow(rungs), ...planUnits(probe) }
}

/** Together these are at most this share of the pixels of the largest rung. */
const LOW_SHARE_MAX = 0.25

/** The smallest rungs that together are little work next to the largest; one at least. Pure. */
function chooseLow(rungs: EncodePlan['rungs']): string[] {
  const pixels = ({ width, height }: EncodePlan['rungs'][number]) => width * height
  const most = rungs[0] === undefined ? 0 : pixels(rungs[0]) * LOW_SHARE_MAX
  const low: string[] = []
  let sum = 0
  for (const rung of rungs.toReversed()) {
    sum += pixels(rung)
    if (sum > most && low.length > 0) break
    low.unshift(rung.name)
  }
  return low
}
