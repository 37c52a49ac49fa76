import { CopyRefused } from '#lib/domain/copy-refusal'
import { type AudioEntry, parseAudioEntry } from '#lib/mp4/parse-audio-entry'
import { type AvcEntry, parseAvcEntry } from '#lib/mp4/parse-avc-entry'
import { findBox, readBoxes, readTable, requireBox } from '#lib/mp4/read-boxes'

export interface Track {
  /** Place among the tracks, which is FFmpeg's stream number too. */
  index: number
  kind: 'video' | 'audio'
  /** Ticks a second of its times. */
  timescale: number
  entry: AvcEntry | AudioEntry | null
  edits: Edit[]
  /** Turned or mirrored by its matrix. */
  turned: boolean
  /** The body of `stbl`. */
  tables: Buffer
}

/** One row of an edit list (§8.6.6). */
export interface Edit {
  /** In ticks of the movie. */
  duration: number
  /** In ticks of the track; −1 shows nothing. */
  mediaTime: number
  /** At its own speed. */
  plain: boolean
}

const TRACKS_MAX = 32
const EDITS_MAX = 64

/**
 * The tracks of sound and picture of a `moov` body, and the ticks a second of its edit lists. Pure.
 * @throws CopyRefused unreadable, container when it is continued in fragments.
 */
export function parseTracks(movie: Buffer): { timescale: number; tracks: Track[] } {
  const header = requireBox(movie, 'mvhd')
  const timescale = readTimescale(header)
  if (findBox(movie, 'mvex') !== null) throw new CopyRefused('container', 'in fragments')
  const traks = readBoxes(movie).filter(({ type }) => type === 'trak')
  if (traks.length > TRACKS_MAX) throw new CopyRefused('unreadable', `${traks.length} tracks`)
  const tracks = traks.flatMap(({ body }, index) => parseTrack(body, index) ?? [])
  return { timescale, tracks }
}

function parseTrack(trak: Buffer, index: number): Track | null {
  const media = requireBox(trak, 'mdia')
  const handler = requireBox(media, 'hdlr')
  const type = handler.length >= 12 ? handler.toString('latin1', 8, 12) : ''
  if (type !== 'vide' && type !== 'soun') return null
  const tables = requireBox(media, 'minf', 'stbl')
  const descriptions = requireBox(tables, 'stsd')
  const entries = descriptions.length >= 8 ? readBoxes(descriptions.subarray(8)) : []
  // A second description may be used by some samples only: the format changes in the middle.
  const [only] = entries.length === 1 ? entries : []
  return {
    index,
    kind: type === 'vide' ? 'video' : 'audio',
    timescale: readTimescale(requireBox(media, 'mdhd')),
    entry: only === undefined ? null : type === 'vide' ? parseAvcEntry(only) : parseAudioEntry(only),
    edits: parseEdits(trak),
    turned: isTurned(requireBox(trak, 'tkhd')),
    tables,
  }
}

/** `mvhd` and `mdhd` begin alike (§8.2.2, §8.4.2). */
function readTimescale(header: Buffer): number {
  const at = header[0] === 1 ? 20 : 12
  if (header.length < at + 4) throw new CopyRefused('unreadable', 'a short header')
  const timescale = header.readUInt32BE(at)
  if (timescale === 0) throw new CopyRefused('unreadable', 'no ticks a second')
  return timescale
}

function parseEdits(trak: Buffer): Edit[] {
  const container = findBox(trak, 'edts')
  const list = container && findBox(container, 'elst')
  if (!list) return []
  const large = list[0] === 1
  const rowBytes = large ? 20 : 12
  const { count, rows } = readTable(list, rowBytes)
  if (count > EDITS_MAX) throw new CopyRefused('edited', `${count} edits`)
  return Array.from({ length: count }, (_, index) => {
    const row = rows.subarray(index * rowBytes)
    return {
      duration: large ? Number(row.readBigUInt64BE(0)) : row.readUInt32BE(0),
      mediaTime: large ? Number(row.readBigInt64BE(8)) : row.readInt32BE(4),
      plain: row.readUInt32BE(rowBytes - 4) === 0x10000,
    }
  })
}

/** The matrix of `tkhd` (§8.3.2); moving the picture is nothing, turning it is. */
function isTurned(header: Buffer): boolean {
  const at = header[0] === 1 ? 52 : 40
  if (header.length < at + 36) throw new CopyRefused('unreadable', 'a short tkhd')
  const [a, b, c, d] = [0, 4, 12, 16].map((offset) => header.readInt32BE(at + offset))
  return a !== 0x10000 || b !== 0 || c !== 0 || d !== 0x10000
}
