import { type EncodePlan, type Lane, type RungGroup, rungsOf, unitKey } from '#lib/domain/encode-plan'

export interface OrderFacts {
  plan: Pick<EncodePlan, 'units' | 'rungs' | 'lowRungs'>
  /** Keys of the units that are done, whether or not they are assembled yet. */
  done: ReadonlySet<string>
  /** Seconds of video a second, all rungs together, as measured; null while nothing was. */
  speed: number | null
  /** Whether somebody watches it now. */
  watched: boolean
  /** Whether a viewer may begin and stay ahead, if the low rungs come first from now on; null while that is not known. */
  canStart: boolean | null
  /** How many units were seen to be made at the same time, by one machine or several; 1 unless told. */
  sideBySide?: number
}

/** Units whose low rungs come before any others until the machine's speed is known: the lead of whoever comes next. */
export const LEAD_UNITS = 2

/** All rungs at this speed stay ahead of a viewer who plays at 1, the pauses between units included. */
export const AHEAD_SPEED_MIN = 1.25

/**
 * What is left to encode, most urgent first. Pure. The first unit's low rungs come before everything: with them playing
 * can begin. Then all rungs of a unit together, from one decode, which is least work. Only while somebody watches, or
 * could not begin to without running dry, and unless the machine is known to be faster than real time, the low rungs
 * run ahead and the others follow. What is left for fewer units than can be made at the same time is made in parts: who would
 * be idle makes some of it.
 */
export function planOrder({ plan, done, speed, watched, canStart, sideBySide = 1 }: OrderFacts): string[] {
  const lowFirst = isLowFirst({ speed, watched, canStart })
  const left = (lane: Lane) =>
    rungsOf(plan, lane).length === 0
      ? []
      : plan.units.filter(({ index }) => !done.has(unitKey(index, 'all')) && !done.has(unitKey(index, lane)))
  const [low, high] = [left('low'), left('high')]
  const key = (group: RungGroup) => (unit: { index: number }) => unitKey(unit.index, group)
  if (lowFirst) return [...low.map(key('low')), ...high.map(key('high'))]
  const lowIndexes = new Set(low.map(({ index }) => index))
  const highIndexes = new Set(high.map(({ index }) => index))
  const isApart = (index: number) => index === 0 || (speed === null && index < LEAD_UNITS)
  const lead = plan.units.filter(({ index }) => isApart(index) && lowIndexes.has(index)).map(key('low'))
  const isShared = low.filter(({ index }) => highIndexes.has(index)).length < sideBySide
  const rest = plan.units.flatMap(({ index }) => {
    const [needsLow, needsHigh] = [lowIndexes.has(index), highIndexes.has(index)]
    if (isApart(index)) return needsHigh ? [unitKey(index, 'high')] : []
    if (needsLow && needsHigh && isShared) return [unitKey(index, 'high'), unitKey(index, 'low')]
    if (needsLow && needsHigh) return [unitKey(index, 'all')]
    if (needsLow) return [unitKey(index, 'low')]
    return needsHigh ? [unitKey(index, 'high')] : []
  })
  return [...lead, ...rest]
}

/** Whether the low rungs run ahead of the others now. Pure. */
export function isLowFirst({
  speed,
  watched,
  canStart,
}: Pick<OrderFacts, 'speed' | 'watched' | 'canStart'>): boolean {
  return (watched || canStart === false) && !keepsAhead(speed)
}

/** Whether every rung stays ahead of an early viewer, so that all of them may be offered before the end. Pure. */
export function keepsAhead(speed: number | null): boolean {
  return speed !== null && speed >= AHEAD_SPEED_MIN
}
