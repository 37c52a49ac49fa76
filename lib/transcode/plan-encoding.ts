import type { ContentMeasure } from '#lib/domain/content-measure'
import type { CopyPlan } from '#lib/domain/copy-plan'
import type { EncodePlan } from '#lib/domain/encode-plan'
import type { EncoderChoice } from '#lib/domain/encoding'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { capLadder } from '#lib/transcode/cap-ladder'
import { putCopyOnTop } from '#lib/transcode/copy/decide-copy'
import { type LadderSettings, planLadder } from '#lib/transcode/plan-ladder'
import { planUnits } from '#lib/transcode/plan-units'

/** Everything about an encode that is decided before it begins. Pure. @throws source_not_video */
export function planEncoding(options: {
  probe: SourceProbe
  segmentFormat: SegmentFormat
  encoder: EncoderChoice
  /** The sizes and quality that are set; absent is the default. */
  settings?: LadderSettings
  /** How the top rung is copied, where that was decided. */
  copy?: CopyPlan | null
  /** What a test encode found; null or absent leaves the usual caps. */
  content?: ContentMeasure | null
}): EncodePlan {
  const { probe, segmentFormat, encoder, settings, copy = null, content = null } = options
  if (probe.video === null) throw new PeekrError('source_not_video')
  const ladder = capLadder(planLadder(probe.video, settings), content)
  const [top, ...lower] = copy === null ? [] : putCopyOnTop(ladder, probe.video)
  const copied = copy !== null && top !== undefined ? { rung: top, plan: copy } : null
  const rungs = copied ? lower : ladder
  // Beside a copy none of them is offered before the end, so there is no lead to be had from making some first.
  const cut = planUnits(probe, copied?.plan.boundaries)
  return {
    segmentFormat,
    encoder,
    copied,
    rungs,
    lowRungs: copied ? rungs.map(({ name }) => name) : chooseLow(rungs),
    ...cut,
  }
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
