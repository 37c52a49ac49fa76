import { CopyRefused } from '#lib/domain/copy-refusal'
import { findBox, readTable, requireBox } from '#lib/mp4/read-boxes'

/** Every sample (packet) of a track, in decoding order, one column a fact. */
export interface SampleTable {
  count: number
  /** Where each begins in the file. */
  offsets: Float64Array
  sizes: Uint32Array
  /** In the track's ticks. */
  decodeTimes: Float64Array
  /** From decoding to showing, in ticks; may be negative. */
  compositionOffsets: Int32Array
  /** 1 where decoding can begin. */
  syncs: Uint8Array
  /** How long the last one lasts, in ticks. */
  lastDuration: number
}

/** 9 hours at 60 frames a second; beyond, the table alone would take over 50 MB. */
const SAMPLES_MAX = 2_000_000

/**
 * Expands the sample tables of `stbl` (ISO/IEC 14496-12 §8.6, §8.7). Pure. Every count is held to the rows that are
 * there, every sample to the file, and all of them together to its length, so that one place cannot be copied often.
 * @throws CopyRefused unreadable, truncated, too_long, changing.
 */
export function readSampleTable(tables: Buffer, fileBytes: number): SampleTable {
  const sizes = readSizes(requireBox(tables, 'stsz'))
  const count = sizes.length
  if (count === 0) throw new CopyRefused('unreadable', 'no samples')
  const times = readDecodeTimes(requireBox(tables, 'stts'), count)
  return {
    count,
    sizes,
    offsets: placeSamples(tables, sizes, fileBytes),
    decodeTimes: times.decodeTimes,
    lastDuration: times.lastDuration,
    compositionOffsets: readCompositionOffsets(findBox(tables, 'ctts'), count),
    syncs: readSyncs(findBox(tables, 'stss'), count),
  }
}

/** §8.7.3.2: one size for all, or a row each. */
function readSizes(body: Buffer): Uint32Array {
  if (body.length < 12) throw new CopyRefused('unreadable', 'a short stsz')
  const [same, count] = [body.readUInt32BE(4), body.readUInt32BE(8)]
  if (count > SAMPLES_MAX) throw new CopyRefused('too_long', `${count} samples`)
  if (same !== 0) return new Uint32Array(count).fill(same)
  const { rows } = readTable(body, 4, 8)
  return Uint32Array.from({ length: count }, (_, index) => rows.readUInt32BE(index * 4))
}

/** §8.6.1.2: runs of samples of one duration. */
function readDecodeTimes(body: Buffer, count: number): Pick<SampleTable, 'decodeTimes' | 'lastDuration'> {
  const table = readTable(body, 8)
  const decodeTimes = new Float64Array(count)
  let [index, time, lastDuration] = [0, 0, 0]
  for (let row = 0; row < table.count && index < count; row += 1) {
    const duration = table.rows.readUInt32BE(row * 8 + 4)
    const end = Math.min(count, index + table.rows.readUInt32BE(row * 8))
    for (; index < end; index += 1) {
      decodeTimes[index] = time
      time += duration
      lastDuration = duration
    }
  }
  if (index < count) throw new CopyRefused('unreadable', `times of ${index} samples out of ${count}`)
  return { decodeTimes, lastDuration }
}

/** §8.6.1.3. Version 0 has no sign by the standard, but files that need one are written with it all the same. */
function readCompositionOffsets(body: Buffer | null, count: number): Int32Array {
  const offsets = new Int32Array(count)
  if (body === null) return offsets
  const table = readTable(body, 8)
  let index = 0
  for (let row = 0; row < table.count && index < count; row += 1) {
    const end = Math.min(count, index + table.rows.readUInt32BE(row * 8))
    offsets.fill(table.rows.readInt32BE(row * 8 + 4), index, end)
    index = end
  }
  if (index < count) throw new CopyRefused('unreadable', `offsets of ${index} samples out of ${count}`)
  return offsets
}

/** §8.6.2: without a list every sample is one. */
function readSyncs(body: Buffer | null, count: number): Uint8Array {
  if (body === null) return new Uint8Array(count).fill(1)
  const syncs = new Uint8Array(count)
  const table = readTable(body, 4)
  for (let row = 0; row < table.count; row += 1) {
    const number = table.rows.readUInt32BE(row * 4)
    if (number >= 1 && number <= count) syncs[number - 1] = 1
  }
  return syncs
}

/** §8.7.4 and §8.7.5: runs of chunks with as many samples each, and where each chunk begins. */
function placeSamples(tables: Buffer, sizes: Uint32Array, fileBytes: number): Float64Array {
  const runs = readTable(requireBox(tables, 'stsc'), 12)
  const readChunk = findChunks(tables)
  const offsets = new Float64Array(sizes.length)
  let [index, totalBytes] = [0, 0]
  for (let row = 0; row < runs.count && index < sizes.length; row += 1) {
    const first = runs.rows.readUInt32BE(row * 12)
    const next = row + 1 < runs.count ? runs.rows.readUInt32BE((row + 1) * 12) : readChunk.count + 1
    const perChunk = runs.rows.readUInt32BE(row * 12 + 4)
    if (runs.rows.readUInt32BE(row * 12 + 8) !== 1) throw new CopyRefused('changing', 'a second description')
    if (first < 1 || next <= first || perChunk === 0) throw new CopyRefused('unreadable', 'an odd stsc')
    for (let chunk = first; chunk < next && index < sizes.length; chunk += 1) {
      let at = readChunk.at(chunk)
      const end = Math.min(sizes.length, index + perChunk)
      for (; index < end; index += 1) {
        const size = sizes[index] ?? 0
        offsets[index] = at
        at += size
        totalBytes += size
      }
      if (at > fileBytes) throw new CopyRefused('truncated', `a chunk ends at ${at} of ${fileBytes}`)
    }
  }
  if (index < sizes.length) throw new CopyRefused('unreadable', `places of ${index} samples`)
  if (totalBytes > fileBytes) throw new CopyRefused('unreadable', 'samples overlap')
  return offsets
}

function findChunks(tables: Buffer): { count: number; at: (chunk: number) => number } {
  const large = findBox(tables, 'co64')
  const rowBytes = large ? 8 : 4
  const { count, rows } = readTable(large ?? requireBox(tables, 'stco'), rowBytes)
  return {
    count,
    at: (chunk) => {
      if (chunk > count) throw new CopyRefused('unreadable', `no chunk ${chunk}`)
      return large ? Number(rows.readBigUInt64BE((chunk - 1) * 8)) : rows.readUInt32BE((chunk - 1) * 4)
    },
  }
}
