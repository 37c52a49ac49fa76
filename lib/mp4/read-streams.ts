import type { FileHandle } from 'node:fs/promises'
import { CopyRefused } from '#lib/domain/copy-refusal'
import type { AudioEntry } from '#lib/mp4/parse-audio-entry'
import type { AvcEntry } from '#lib/mp4/parse-avc-entry'
import { parseTracks, type Track } from '#lib/mp4/parse-tracks'
import { type Placement, placeOnTimeline } from '#lib/mp4/place-on-timeline'
import { readMovie } from '#lib/mp4/read-movie'
import { readSampleTable, type SampleTable } from '#lib/mp4/read-sample-table'

export interface Stream<Entry> {
  entry: Entry
  timescale: number
  placement: Placement
  table: SampleTable
}

export interface Streams {
  video: Stream<AvcEntry>
  /** Null when there is none, or none that can be copied. */
  audio: Stream<AudioEntry> | null
}

/**
 * The picture of an MP4 or QuickTime file, and its sound where that can be copied. Reads the index only.
 * @param wanted FFmpeg's numbers of the two streams.
 * @throws CopyRefused with why the picture cannot be copied.
 */
export async function readStreams(
  file: FileHandle,
  fileBytes: number,
  wanted: { video: number; audio: number | null },
): Promise<Streams> {
  const { timescale, tracks } = parseTracks(await readMovie(file, fileBytes))
  const picture = tracks.find(({ index, kind }) => index === wanted.video && kind === 'video')
  if (picture === undefined) throw new CopyRefused('unreadable', `no track ${wanted.video}`)
  if (picture.turned) throw new CopyRefused('rotated', 'turned by its matrix')
  if (picture.entry?.kind !== 'avc') throw new CopyRefused('changing', 'no single avc1')
  const sound = tracks.find(({ index, kind }) => index === wanted.audio && kind === 'audio')
  return {
    video: readStream(picture, picture.entry, timescale, fileBytes),
    audio: sound?.entry?.kind === 'aac' ? readSound(sound, sound.entry, timescale, fileBytes) : null,
  }
}

function readStream<Entry>(track: Track, entry: Entry, timescale: number, fileBytes: number): Stream<Entry> {
  return {
    entry,
    timescale: track.timescale,
    placement: placeOnTimeline(track, timescale),
    table: readSampleTable(track.tables, fileBytes),
  }
}

/** What is odd about the sound does not keep the picture from being copied. */
function readSound(
  track: Track,
  entry: AudioEntry,
  timescale: number,
  fileBytes: number,
): Stream<AudioEntry> | null {
  try {
    return readStream(track, entry, timescale, fileBytes)
  } catch (error) {
    if (error instanceof CopyRefused) return null
    throw error
  }
}
