import type { AudioEntry } from '#lib/mp4/parse-audio-entry'
import { shownAt } from '#lib/mp4/place-on-timeline'
import type { Stream } from '#lib/mp4/read-streams'

/** The packets of a copied sound that are kept, in ticks of the sample rate from the film's zero. */
export interface SoundLayout {
  /** The first sample kept, and the first that is not. */
  from: number
  to: number
  /** Of each kept one. */
  ticks: Float64Array
  lastDurationTicks: number
}

/** What AAC-LC holds in a packet. */
const AAC_PACKET_SAMPLES = 1024
/** Sound that begins later leaves a hole players stop at; encoding fills it with silence. */
const LATE_SECONDS_MAX = 0.05
/** The ticks of an edit list are coarser. */
const ROUNDING_SECONDS = 0.001
/** A phone's clock and its sound differ by this much from packet to packet; more is a gap. */
const DRIFT_MAX = 0.1

/**
 * What of a sound track is kept, and when: packets that end before zero are priming, of which the last two stay, and
 * what lies behind the edit list's end goes. Null when it has gaps or starts late, so that it must be encoded. Pure.
 * @param startSeconds when the film starts, in its own time.
 */
export function layOutSound(stream: Stream<AudioEntry>, startSeconds: number): SoundLayout | null {
  const { table, timescale, placement, entry } = stream
  const packetSeconds = AAC_PACKET_SAMPLES / entry.sampleRate
  const times = Float64Array.from(
    { length: table.count },
    (_, index) => shownAt(table, index, timescale, placement.shiftSeconds) - startSeconds,
  )
  const from = times.findIndex((seconds) => seconds > -2 * packetSeconds)
  const endSeconds = placement.endSeconds - startSeconds - ROUNDING_SECONDS
  const behind = times.findIndex((seconds) => seconds >= endSeconds)
  const to = behind < 0 ? table.count : behind
  const first = times[from]
  if (first === undefined || to <= from || first > LATE_SECONDS_MAX) return null
  for (let index = from + 1; index < to; index += 1) {
    const apart = (times[index] ?? 0) - (times[index - 1] ?? 0)
    if (Math.abs(apart / packetSeconds - 1) > DRIFT_MAX) return null
  }
  const ticks = times.subarray(from, to).map((seconds) => Math.round(seconds * entry.sampleRate))
  return { from, to, ticks, lastDurationTicks: AAC_PACKET_SAMPLES }
}

/** Cuts the sound where the picture is cut, at the nearest packets. Pure. Empty runs are left out. */
export function cutSound(
  { from, ticks }: SoundLayout,
  sampleRate: number,
  startsSeconds: readonly number[],
): { from: number; to: number; durationSeconds: number }[] {
  const edges = startsSeconds.map((seconds, index) =>
    index === 0 ? 0 : findEdge(ticks, seconds * sampleRate - AAC_PACKET_SAMPLES / 2),
  )
  return edges.flatMap((edge, index) => {
    const next = edges[index + 1] ?? ticks.length
    if (next <= edge) return []
    const start = Math.max(0, ticks[edge] ?? 0)
    const end = ticks[next] ?? (ticks.at(-1) ?? 0) + AAC_PACKET_SAMPLES
    return [{ from: from + edge, to: from + next, durationSeconds: (end - start) / sampleRate }]
  })
}

/** The first packet at this tick or later; they ascend. */
function findEdge(ticks: Float64Array, wanted: number): number {
  let [low, high] = [0, ticks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ticks[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
