import { type EncodePlan, type Lane, unitKey } from '#lib/domain/encode-plan'

/**
 * Seconds of video a second for all rungs together, by the latest unit of which all are made; a unit made in two parts
 * took the time of both. Null while there is none. Pure.
 */
export function measureSpeed(
  plan: Pick<EncodePlan, 'units' | 'rungs' | 'lowRungs'>,
  speeds: Readonly<Record<string, number>>,
): number | null {
  const onlyLow = plan.lowRungs.length === plan.rungs.length
  for (const { index } of plan.units.toReversed()) {
    const all = speeds[unitKey(index, 'all')]
    if (all !== undefined) return all
    const low = speeds[unitKey(index, 'low')]
    const high = speeds[unitKey(index, 'high')]
    if (low !== undefined && onlyLow) return low
    if (low !== undefined && high !== undefined) return 1 / (1 / low + 1 / high)
  }
  return null
}

/**
 * Seconds of video a second at which the rungs of one lane were made last, in whatever company. Null while none was. Pure.
 */
export function measureLaneSpeed(
  plan: Pick<EncodePlan, 'units'>,
  speeds: Readonly<Record<string, number>>,
  lane: Lane,
): number | null {
  for (const { index } of plan.units.toReversed()) {
    const speed = speeds[unitKey(index, 'all')] ?? speeds[unitKey(index, lane)]
    if (speed !== undefined) return speed
  }
  return null
}
