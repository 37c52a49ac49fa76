import { CopyRefused } from '#lib/domain/copy-refusal'
import type { Edit, Track } from '#lib/mp4/parse-tracks'
import type { SampleTable } from '#lib/mp4/read-sample-table'

/** How a track's own times become those of the film: seconds = ticks ÷ timescale + shift. */
export interface Placement {
  shiftSeconds: number
  /** Where its edit list ends it; Infinity without one. */
  endSeconds: number
}

/**
 * Reads an edit list (§8.6.6) as players do: an empty edit delays the track, one plain edit says what is shown of it.
 * Pure.
 * @param timescale the movie's.
 * @throws CopyRefused edited when it does anything else.
 */
export function placeOnTimeline({ edits, timescale: ticks }: Track, timescale: number): Placement {
  const empty = edits.filter(({ mediaTime }) => mediaTime === -1)
  const shown = edits.filter(({ mediaTime }) => mediaTime !== -1)
  // Delays come first; between two pieces they are gaps.
  const inOrder = edits.slice(0, empty.length).every(({ mediaTime }) => mediaTime === -1)
  const delaySeconds = empty.reduce((sum, { duration }) => sum + duration, 0) / timescale
  const [only] = shown
  if (only === undefined) return { shiftSeconds: delaySeconds, endSeconds: Number.POSITIVE_INFINITY }
  if (shown.length > 1 || !inOrder || !only.plain || only.mediaTime < 0) {
    throw new CopyRefused('edited', `${edits.length} edits`)
  }
  return {
    shiftSeconds: delaySeconds - only.mediaTime / ticks,
    endSeconds: findEnd(only, delaySeconds, timescale),
  }
}

/** A length of 0 means all of it, as fragments have it. */
function findEnd({ duration }: Edit, delaySeconds: number, timescale: number): number {
  return duration === 0 ? Number.POSITIVE_INFINITY : delaySeconds + duration / timescale
}

/** When a sample is shown, in seconds of the film. */
export function shownAt(table: SampleTable, index: number, timescale: number, shiftSeconds: number): number {
  const ticks = (table.decodeTimes[index] ?? 0) + (table.compositionOffsets[index] ?? 0)
  return ticks / timescale + shiftSeconds
}
