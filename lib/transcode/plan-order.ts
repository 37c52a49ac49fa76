import { type EncodePlan, type Lane, type RungGroup, rungsOf, unitKey } from '#lib/domain/encode-plan'

export interface OrderFacts {
  plan: Pick<EncodePlan, 'units' | 'rungs' | 'lowRungs'>
  /** Keys of the units that are done, whether or not they are assembled yet. */
  done: ReadonlySet<string>
  /** Seconds of video a second, all rungs together, as measured; null while nothing was. */
  speed: number | null
  /** Whether somebody watches it now. */
  watched: boolean
}

/** All rungs at this speed stay ahead of a viewer who plays at 1, the pauses between units included. */
export const AHEAD_SPEED_MIN = 1.25

/**
 * What is left to encode, most urgent first. Pure. The first unit's low rungs come before everything: with them playing
 * can begin. Then all rungs of a unit together, from one decode, which is least work. Only while somebody watches, and
 * unless the machine is known to be faster than real time, the low rungs run ahead and the others follow.
 */
export function planOrder({ plan, done, speed, watched }: OrderFacts): string[] {
  const lowFirst = watched && !keepsAhead(speed)
  const left = (lane: Lane) =>
    rungsOf(plan, lane).length === 0
      ? []
      : plan.units.filter(({ index }) => !done.has(unitKey(index, 'all')) && !done.has(unitKey(index, lane)))
  const [low, high] = [left('low'), left('high')]
  const key = (group: RungGroup) => (unit: { index: number }) => unitKey(unit.index, group)
  if (lowFirst) return [...low.map(key('low')), ...high.map(key('high'))]
  const lowIndexes = new Set(low.map(({ index }) => index))
  const highIndexes = new Set(high.map(({ index }) => index))
  const ordered = plan.units.flatMap(({ index }) => {
    const [needsLow, needsHigh] = [lowIndexes.has(index), highIndexes.has(index)]
    if (needsLow && needsHigh) return index === 0 ? ['0-low', '0-high'] : [unitKey(index, 'all')]
    if (needsLow) return [unitKey(index, 'low')]
    return needsHigh ? [unitKey(index, 'high')] : []
  })
  return ordered
}

/** Whether every rung stays ahead of an early viewer, so that all of them may be offered before the end. Pure. */
export function keepsAhead(speed: number | null): boolean {
  return speed !== null && speed >= AHEAD_SPEED_MIN
}
