import { CopyRefused } from '#lib/domain/copy-refusal'
import { type LaidOut, TICKS_PER_SECOND } from '#lib/mp4/lay-out-pictures'

/** A run of whole groups of pictures. */
export interface PlannedSegment {
  /** The first sample, and the first that is not in it, in decoding order. */
  from: number
  to: number
  startTicks: number
  durationTicks: number
  sizeBytes: number
}

export interface SegmentWishes {
  firstSeconds: number
  seconds: number
  secondsMax: number
  bytesMax: number
  /** How long one picture is shown, on the average: the last one's own length is not known. */
  frameSeconds: number
}

const SECONDS_MIN = 0.5

/**
 * Cuts a copied rung at the key frames nearest the wanted lengths; the first segment is short so that playing starts
 * soon. Pure.
 * @throws CopyRefused few_keyframes, heavy, open_gop when the film does not begin with a key frame.
 */
export function planSegments(
  { showTicks, cuts, latestTicks, openGop }: LaidOut,
  sizes: Uint32Array,
  wishes: SegmentWishes,
): PlannedSegment[] {
  if (cuts[0] !== 1) throw new CopyRefused('open_gop', 'does not begin with a key frame')
  const endTicks = latestTicks + Math.round(wishes.frameSeconds * TICKS_PER_SECOND)
  const segments: PlannedSegment[] = []
  for (let from = 0; from < cuts.length; ) {
    const startTicks = showTicks[from] ?? 0
    const wanted = segments.length === 0 ? wishes.firstSeconds : wishes.seconds
    const to = findEnd({ showTicks, cuts, from, endTicks, wanted, secondsMax: wishes.secondsMax })
    const durationTicks = (to < cuts.length ? (showTicks[to] ?? 0) : endTicks) - startTicks
    const sizeBytes = sizes.subarray(from, to).reduce((sum, size) => sum + size, 0)
    if (durationTicks > wishes.secondsMax * TICKS_PER_SECOND) {
      throw new CopyRefused(
        openGop ? 'open_gop' : 'few_keyframes',
        `${durationTicks / TICKS_PER_SECOND} s without one`,
      )
    }
    if (sizeBytes > wishes.bytesMax) throw new CopyRefused('heavy', `a segment of ${sizeBytes} bytes`)
    segments.push({ from, to, startTicks, durationTicks, sizeBytes })
    from = to
  }
  return segments
}

/** The cut nearest the wanted time; the end where little would be left behind it. */
function findEnd(search: {
  showTicks: Float64Array
  cuts: Uint8Array
  from: number
  endTicks: number
  wanted: number
  secondsMax: number
}): number {
  const { showTicks, cuts, from, endTicks, wanted, secondsMax } = search
  const secondsTo = (ticks: number) => (ticks - (showTicks[from] ?? 0)) / TICKS_PER_SECOND
  if (secondsTo(endTicks) <= Math.min(wanted * 1.25, secondsMax)) return cuts.length
  let best = cuts.length
  let bestDistance = Math.abs(secondsTo(endTicks) - wanted)
  for (let index = from + 1; index < cuts.length; index += 1) {
    if (cuts[index] !== 1) continue
    const seconds = secondsTo(showTicks[index] ?? 0)
    if (seconds < SECONDS_MIN) continue
    const distance = Math.abs(seconds - wanted)
    if (distance < bestDistance) {
      best = index
      bestDistance = distance
    } else if (seconds > wanted) break // they only come later from here on
  }
  return best
}
