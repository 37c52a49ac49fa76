import { type EncodePlan, parseUnitKey, type RungGroup, rungsOf } from '#lib/domain/encode-plan'

/**
 * How much of a video's encoding these units are, 0 to 1, by seconds and pixels. Pure. A unit that was made in one piece
 * and in parts as well counts once.
 */
export function measureShare(
  plan: Pick<EncodePlan, 'units' | 'rungs' | 'lowRungs'>,
  durationSeconds: number | null,
  keys: readonly string[],
): number {
  const weigh = (group: RungGroup) =>
    rungsOf(plan, group).reduce((sum, { width, height }) => sum + width * height, 0)
  const weights = { low: weigh('low'), high: weigh('high') }
  const done = new Set(
    keys.flatMap((key) => {
      const unit = parseUnitKey(key)
      if (unit === null) return []
      return unit.group === 'all'
        ? [`${unit.index}-low`, `${unit.index}-high`]
        : [`${unit.index}-${unit.group}`]
    }),
  )
  let [made, total] = [0, 0]
  for (const { index, startSeconds, endSeconds } of plan.units) {
    const seconds = Math.max(0.1, (endSeconds ?? durationSeconds ?? startSeconds) - startSeconds)
    for (const lane of ['low', 'high'] as const) {
      total += seconds * weights[lane]
      if (done.has(`${index}-${lane}`)) made += seconds * weights[lane]
    }
  }
  return total === 0 ? 0 : made / total
}
