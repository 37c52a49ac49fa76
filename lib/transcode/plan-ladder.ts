import type { LadderRung } from '#lib/domain/rendition'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

/** Short sides in lines, with the cap of a constant-quality encode at 30 frames a second. */
const RUNGS: readonly { shortSide: number; bitrateBps: number }[] = [
  { shortSide: 2160, bitrateBps: 16_000_000 },
  { shortSide: 1440, bitrateBps: 9_000_000 },
  { shortSide: 1080, bitrateBps: 5_000_000 },
  { shortSide: 720, bitrateBps: 2_800_000 },
  { shortSide: 480, bitrateBps: 1_400_000 },
  { shortSide: 360, bitrateBps: 800_000 },
  { shortSide: 240, bitrateBps: 400_000 },
]
/** A source this much above a standard size keeps its own as the top rung: 576 lines should not become 480. */
const OWN_RUNG_RATIO = 1.1
/** The smallest picture libx264 and every decoder handle. */
const SIDE_MIN = 16

export interface LadderSettings {
  /** Sizes by their shorter side, in any order. */
  shortSides: readonly number[]
  /** Constant quality on libx264's scale. */
  crf: number
}

export const DEFAULT_LADDER: LadderSettings = {
  shortSides: RUNGS.map((rung) => rung.shortSide),
  crf: 23,
}

/**
 * The sizes to encode, largest first. Pure. Never above the source (save pictures under 16
 * lines); at least one; the aspect ratio is kept. Width and height are as shown, after rotation.
 */
export function planLadder(
  source: { width: number; height: number; frameRate: number | null },
  { shortSides, crf }: LadderSettings = DEFAULT_LADDER,
): LadderRung[] {
  const shortSide = Math.min(source.width, source.height)
  const wanted = [...new Set(shortSides)].sort((left, right) => right - left)
  const standard = wanted.filter((side) => side <= shortSide)
  const highest = standard[0]
  const own = evenFloor(Math.max(SIDE_MIN, shortSide))
  // Only between two sizes: above the largest that is wanted nothing is.
  const isWanted = shortSide < (wanted[0] ?? 0)
  const ownIsTop = highest === undefined || (isWanted && shortSide > highest * OWN_RUNG_RATIO)
  const sides = ownIsTop ? [own, ...standard] : standard
  return sides.map((side) => ({
    name: `${side}p`,
    ...scaleTo(source, side),
    maxBitrateBps: planBitrate(side, source.frameRate),
    crf,
  }))
}

function scaleTo(
  { width, height }: { width: number; height: number },
  side: number,
): { width: number; height: number } {
  const longSide = Math.max(width, height)
  const scaled = (longSide * side) / Math.min(width, height)
  const long = Math.max(SIDE_MIN, side, Math.min(evenRound(scaled), evenFloor(Math.max(longSide, scaled))))
  return width >= height ? { width: long, height: side } : { width: side, height: long }
}

/** Bits follow the picture's area between two standard sizes, and grow half as fast as frames beyond 30 a second. */
function planBitrate(side: number, frameRate: number | null): number {
  const above = RUNGS.findLast((rung) => rung.shortSide >= side) ?? RUNGS[0]
  const atThirty = (above?.bitrateBps ?? 0) * (side / (above?.shortSide ?? side)) ** 1.5
  const rate = Math.min(frameRate ?? 30, MEDIA_LIMITS.frameRateMax)
  const factor = rate > 30 ? 1 + (rate - 30) / 60 : 1
  return Math.max(100_000, Math.round((atThirty * factor) / 1000) * 1000)
}

function evenFloor(value: number): number {
  return Math.floor(value / 2) * 2
}

function evenRound(value: number): number {
  return Math.round(value / 2) * 2
}
