import type { Seam, UnitResult } from '#lib/domain/encode-plan'
import type { LaneState } from '#lib/domain/lane-state'

/**
 * Whether a unit follows on from what is assembled: not a frame missing, not one twice. Pure. Both sides wrote down
 * the last picture before the border, its time and a checksum of what it shows; when they agree, the second side's decoder was
 * sound before the border and at the same place as the first's. Where neither saw one there is a gap in the source, or seeking
 * went wrong on both; a unit that was decoded from the beginning has not been sought, so that is a gap, and the time alone
 * proves it: what a decoder paints over damage can differ from one run to the next.
 */
export function judgeSeam(lane: LaneState, unit: UnitResult, seek: boolean): 'proven' | 'unproven' {
  if (unit.index === 0) return 'proven'
  const start = unit.segments[0]?.startTicks
  if (start !== undefined && lane.lastTicks !== null && start <= lane.lastTicks) return 'unproven'
  if (lane.tail === null && unit.head === null) return seek ? 'unproven' : 'proven'
  return isSame(lane.tail, unit.head, seek) ? 'proven' : 'unproven'
}

function isSame(one: Seam | null, other: Seam | null, seek: boolean): boolean {
  if (one === null || other === null || one.ticks !== other.ticks) return false
  return !seek || one.checksum === other.checksum
}
