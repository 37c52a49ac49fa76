import { CopyRefused } from '#lib/domain/copy-refusal'
import { shownAt } from '#lib/mp4/place-on-timeline'
import type { Stream } from '#lib/mp4/read-streams'

/** The pictures of a copied rung on Peekr's timeline, in ticks of 1/90,000 s from the film's zero, in decoding order. */
export interface LaidOut {
  decodeTicks: Float64Array
  showTicks: Float64Array
  /** 1 where a segment may begin: everything before is shown before, everything after is shown after. */
  cuts: Uint8Array
  /** Some key frames are no cuts: pictures around them need what lies before. */
  openGop: boolean
  /** How long the last one in decoding order lasts, in ticks. */
  lastDurationTicks: number
  /** The latest time at which one is shown, in ticks. */
  latestTicks: number
}

export const TICKS_PER_SECOND = 90_000
type Timed = Omit<Stream<unknown>, 'entry'>

/** The timeline begins at 10 s (decision 0003), so decoding times may lie before zero by less than that. */
const LEAD_SECONDS_MAX = 5
/** Times within one tick of FFmpeg's are the same; more means that an edit list was read differently. */
const AGREE_SECONDS = 0.005
const ROUNDING_SECONDS = 1e-6

/**
 * Puts every picture where the encoded rungs have it: a picture that starts after the sound is shown from zero, as
 * `startAtZero` in `lib/transcode/video-filters` does. Pure.
 * @param probed what ffprobe says: when the film starts, and when its picture does, in its own time.
 * @throws CopyRefused edited, irregular.
 */
export function layOutPictures(
  { table, timescale, placement }: Timed,
  probed: { startSeconds: number; videoStartSeconds: number },
): LaidOut {
  const count = countShown({ table, timescale, placement })
  const decodeTicks = new Float64Array(count)
  const showTicks = new Float64Array(count)
  for (let index = 0; index < count; index += 1) {
    const shown = shownAt(table, index, timescale, placement.shiftSeconds) - probed.startSeconds
    showTicks[index] = Math.round(shown * TICKS_PER_SECOND)
    const delay = (table.compositionOffsets[index] ?? 0) / timescale
    decodeTicks[index] = Math.round((shown - delay) * TICKS_PER_SECOND)
  }
  const lateTicks = requireStart(showTicks, probed)
  // Only the first: what follows keeps its time, so the first is shown for as long as the sound was alone.
  if (lateTicks > 0) {
    showTicks[0] = 0
    decodeTicks[0] = (decodeTicks[0] ?? 0) - lateTicks
  }
  decodeBeforeShowing(decodeTicks, showTicks)
  requireOrder(decodeTicks, showTicks, lateTicks)
  const latestTicks = showTicks.reduce((latest, ticks) => Math.max(latest, ticks), 0)
  const cutAt = table.decodeTimes[count]
  const lastDuration = cutAt === undefined ? table.lastDuration : cutAt - (table.decodeTimes[count - 1] ?? 0)
  const syncs = table.syncs.subarray(0, count)
  const cuts = findCuts(showTicks, syncs)
  return {
    decodeTicks,
    showTicks,
    latestTicks,
    cuts,
    openGop: cuts.some((cut, index) => cut !== syncs[index]),
    lastDurationTicks: Math.round((lastDuration / timescale) * TICKS_PER_SECOND),
  }
}

/** The first picture in decoding order is the first to be shown, and where ffprobe says. Returns how late it is. */
function requireStart(
  showTicks: Float64Array,
  probed: { startSeconds: number; videoStartSeconds: number },
): number {
  const first = showTicks[0] ?? 0
  const late = probed.videoStartSeconds - probed.startSeconds
  if (Math.abs(first / TICKS_PER_SECOND - late) > AGREE_SECONDS) {
    throw new CopyRefused('edited', `starts at ${first} ticks, not at ${late} s`)
  }
  return first
}

/**
 * Moves all decoding times so far to the front that no picture is shown before it is decoded. Files may count the other
 * way round, with offsets below zero; as fragments, FFmpeg 5.1 would read those two frames late.
 */
function decodeBeforeShowing(decodeTicks: Float64Array, showTicks: Float64Array): void {
  const least = decodeTicks.reduce(
    (least, ticks, index) => Math.min(least, (showTicks[index] ?? 0) - ticks),
    0,
  )
  if (least === 0) return
  for (let index = 0; index < decodeTicks.length; index += 1)
    decodeTicks[index] = (decodeTicks[index] ?? 0) + least
}

function requireOrder(decodeTicks: Float64Array, showTicks: Float64Array, lateTicks: number): void {
  const sorted = showTicks.toSorted()
  for (let index = 1; index < sorted.length; index += 1) {
    if ((sorted[index] ?? 0) <= (sorted[index - 1] ?? 0)) {
      throw new CopyRefused('irregular', 'two pictures at one time')
    }
    if ((decodeTicks[index] ?? 0) < (decodeTicks[index - 1] ?? 0)) {
      throw new CopyRefused('irregular', 'decoding times go back')
    }
  }
  if ((sorted[0] ?? 0) < 0 || lateTicks < 0) throw new CopyRefused('edited', 'pictures before the start')
  const lead = -(decodeTicks[0] ?? 0) / TICKS_PER_SECOND
  if (lead > LEAD_SECONDS_MAX) throw new CopyRefused('irregular', `decoding begins ${lead} s early`)
}

/**
 * How many pictures the edit list lets through: behind its end there may be some, as long as they are the last to be
 * decoded too. Players and FFmpeg leave those out, and so does the copy.
 */
function countShown({ table, timescale, placement }: Timed): number {
  const isShown = (index: number) =>
    shownAt(table, index, timescale, placement.shiftSeconds) < placement.endSeconds - ROUNDING_SECONDS
  let count = table.count
  while (count > 1 && !isShown(count - 1)) count -= 1
  for (let index = 0; index < count; index += 1) {
    if (!isShown(index)) throw new CopyRefused('edited', 'the end is cut off among pictures that are needed')
  }
  return count
}

function findCuts(showTicks: Float64Array, syncs: Uint8Array): Uint8Array {
  const cuts = Uint8Array.from(syncs)
  let latest = Number.NEGATIVE_INFINITY
  for (let index = 0; index < cuts.length; index += 1) {
    const shown = showTicks[index] ?? 0
    if (shown <= latest) cuts[index] = 0
    latest = Math.max(latest, shown)
  }
  let earliest = Number.POSITIVE_INFINITY
  for (let index = cuts.length - 1; index >= 0; index -= 1) {
    const shown = showTicks[index] ?? 0
    if (shown > earliest) cuts[index] = 0
    earliest = Math.min(earliest, shown)
  }
  return cuts
}
