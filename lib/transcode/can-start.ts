import { type EncodePlan, parseUnitKey } from '#lib/domain/encode-plan'
import { LEAD_UNITS } from '#lib/transcode/plan-order'

export interface StartFacts {
  plan: Pick<EncodePlan, 'units'>
  /** How many units, counted from the first, have their low rungs. */
  lowUnits: number
  speeds: Readonly<Record<string, number>>
  durationSeconds: number | null
}

/** Starting FFmpeg in its sandbox, seeking and checking what came of it, whatever a unit's length (0012). */
const UNIT_START_SECONDS = 0.3
/** From a viewer's first request until the low rungs are made for them, where others were being made. */
const NOTICE_SECONDS = 4

/**
 * Whether somebody who begins to play now will not run dry, if the low rungs are made next at the speed they were made at
 * so far: each unit lands before what is there before it has been played. Pure. Null while no speed is known.
 */
export function canStart({ plan, lowUnits, speeds, durationSeconds }: StartFacts): boolean | null {
  const { units } = plan
  if (lowUnits >= units.length) return true
  const secondsOf = ({ startSeconds, endSeconds }: (typeof units)[number]) => {
    const end = endSeconds ?? durationSeconds
    return end === null ? Number.POSITIVE_INFINITY : Math.max(0, end - startSeconds)
  }
  const measured = findLowSpeed(speeds)
  const made = measured && units[measured.index]
  if (!measured || !made) return null
  const takenSeconds = secondsOf(made) / measured.speed
  const speed = secondsOf(made) / Math.max(takenSeconds / 10, takenSeconds - UNIT_START_SECONDS)
  let availableSeconds = units[lowUnits]?.startSeconds ?? 0
  let landsAtSeconds = lowUnits < LEAD_UNITS ? 0 : NOTICE_SECONDS
  for (const unit of units.slice(lowUnits)) {
    landsAtSeconds += UNIT_START_SECONDS + secondsOf(unit) / speed
    if (landsAtSeconds > availableSeconds) return false
    availableSeconds += secondsOf(unit)
  }
  return true
}

/** Of the latest unit whose low rungs were made alone; all rungs together take longer than these would. */
export function findLowSpeed(
  speeds: Readonly<Record<string, number>>,
): { index: number; speed: number } | null {
  const known = Object.entries(speeds).flatMap(([key, speed]) => {
    const unit = parseUnitKey(key)
    return unit === null || unit.group === 'high' || !(speed > 0) ? [] : [{ ...unit, speed }]
  })
  const alone = known.filter(({ group }) => group === 'low')
  const [latest] = (alone.length > 0 ? alone : known).sort((left, right) => right.index - left.index)
  return latest === undefined ? null : { index: latest.index, speed: latest.speed }
}
