import type { EncodePlan, PlannedUnit } from '#lib/domain/encode-plan'
import type { SourceProbe } from '#lib/domain/source-probe'

/** Short, so that playing can begin with it: all rungs of a 1080p source take 2 to 3 s here, the low ones under one. */
export const FIRST_SEGMENT_SECONDS = 2
export const SEGMENT_SECONDS = 4
/**
 * Segments a unit, growing from small: a viewer who came with the first unit has not run out of the second when the third
 * lands, and from there on starting FFmpeg, seeking and decoding up to the border cost under a twentieth (24 s a unit).
 */
const UNIT_SEGMENTS = [1, 1, 2, 4, 6]
/** Beside a copy nobody waits for the first of them. */
const UNIT_SEGMENTS_BESIDE_COPY = [6]
/** A last unit of less than this share of a full one joins the one before. */
const LAST_SHARE_MIN = 1 / 3
/** Declared durations err; segments go on being cut regularly for this much longer. */
const SLACK_SECONDS = 60
/**
 * Containers whose index FFmpeg seeks by. The others (transport and program streams, raw video) are searched by
 * timestamps that may start over, so a border found there is not worth the trouble of disproving it.
 */
const SEEKABLE = /(?:^|,)(?:mov|mp4|matroska|webm|avi|flv|asf)(?:,|$)/
/** Shorter videos are not worth more than the first unit and the rest. */
const SEEK_SECONDS_MIN = 12

/** Segment boundaries and units. Pure. @param boundaries when each segment starts, where the copied top rung decides that. */
export function planUnits(
  probe: SourceProbe,
  boundaries?: readonly number[],
): Pick<EncodePlan, 'boundaries' | 'units' | 'seek' | 'seamSeconds'> {
  const durationSeconds = probe.durationSeconds
  const seek =
    durationSeconds !== null && durationSeconds >= SEEK_SECONDS_MIN && SEEKABLE.test(probe.container)
  const starts = boundaries ?? planBoundaries(durationSeconds ?? 0)
  const isShort = durationSeconds !== null && durationSeconds <= (starts[1] ?? 0)
  const inside = starts.filter((start) => start < (durationSeconds ?? 0))
  return {
    boundaries: [...starts],
    units: seek
      ? cutUnits(inside, boundaries === undefined ? UNIT_SEGMENTS : UNIT_SEGMENTS_BESIDE_COPY)
      : planWhole(isShort ? [0] : starts),
    seek,
    seamSeconds: Math.max(1, 3 / (probe.video?.frameRate ?? 30)),
  }
}

/** 0, 2, 6, 10 … to some way past the declared end. Pure. */
export function planBoundaries(durationSeconds: number): number[] {
  const count = Math.ceil((durationSeconds + SLACK_SECONDS) / SEGMENT_SECONDS)
  return [0, ...Array.from({ length: count }, (_, at) => FIRST_SEGMENT_SECONDS + at * SEGMENT_SECONDS)]
}

/** The first segment, and everything after it. Pure. `from` keeps the units before it as they are. */
export function planWhole(boundaries: readonly number[], kept: readonly PlannedUnit[] = []): PlannedUnit[] {
  const last = kept.at(-1)
  if (last === undefined) {
    const first = { index: 0, startSeconds: 0, endSeconds: boundaries[1] ?? null, firstSegment: 0 }
    return first.endSeconds === null ? [first] : planWhole(boundaries, [first])
  }
  if (last.endSeconds === null) return [...kept]
  const firstSegment = boundaries.indexOf(last.endSeconds)
  return [...kept, { index: last.index + 1, startSeconds: last.endSeconds, endSeconds: null, firstSegment }]
}

function cutUnits(starts: readonly number[], sizes: readonly number[]): PlannedUnit[] {
  const units: PlannedUnit[] = []
  for (let at = 0; at < starts.length; ) {
    const wanted = sizes[units.length] ?? sizes.at(-1) ?? 1
    const left = starts.length - at - wanted
    const isLast = left <= wanted * LAST_SHARE_MIN && units.length > 0
    const end = isLast ? null : (starts[at + wanted] ?? null)
    units.push({ index: units.length, startSeconds: starts[at] ?? 0, endSeconds: end, firstSegment: at })
    if (end === null) break
    at += wanted
  }
  return units
}
