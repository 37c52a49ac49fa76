import { CopyRefused } from '#lib/domain/copy-refusal'
import { type Box, readBoxes } from '#lib/mp4/read-boxes'

/** H.264 in its usual form: parameter sets in the index, and packets of NAL units with a length each. */
export interface AvcEntry {
  kind: 'avc'
  width: number
  height: number
  /** The whole decoder configuration record, as it is. */
  configuration: Buffer
  /** How many bytes each NAL unit's length has. */
  lengthBytes: number
  /** Every sequence and picture parameter set of the configuration. */
  parameterSets: Buffer[]
}

/** Before its boxes a visual sample entry has 78 bytes (ISO/IEC 14496-12 §12.1.3). */
const HEAD_BYTES = 78
const PARAMETER_SETS_MAX = 64

/**
 * Reads a visual sample entry and its `avcC` (ISO/IEC 14496-15 §5.3.3.1). Null when it is another codec, or H.264 with its
 * parameter sets among the packets (`avc3`), which may change them at any time. Pure.
 * @throws CopyRefused unreadable
 */
export function parseAvcEntry({ type, body }: Box): AvcEntry | null {
  if (type !== 'avc1') return null
  if (body.length < HEAD_BYTES) throw new CopyRefused('unreadable', 'a short avc1')
  const configuration = readBoxes(body.subarray(HEAD_BYTES)).find((box) => box.type === 'avcC')?.body
  if (configuration === undefined) throw new CopyRefused('unreadable', 'no avcC')
  return {
    kind: 'avc',
    width: body.readUInt16BE(24),
    height: body.readUInt16BE(26),
    ...parseConfiguration(configuration),
  }
}

function parseConfiguration(
  record: Buffer,
): Pick<AvcEntry, 'configuration' | 'lengthBytes' | 'parameterSets'> {
  if (record.length < 7 || record[0] !== 1) throw new CopyRefused('unreadable', 'no avcC of version 1')
  const lengthBytes = ((record[4] ?? 0) & 0x3) + 1
  if (lengthBytes === 3) throw new CopyRefused('unreadable', 'NAL lengths of 3 bytes')
  const sequence = readSets(record, 5, (record[5] ?? 0) & 0x1f)
  if (sequence.end >= record.length) throw new CopyRefused('unreadable', 'an avcC without pictures')
  const picture = readSets(record, sequence.end, record[sequence.end] ?? 0)
  const parameterSets = [...sequence.sets, ...picture.sets]
  if (sequence.sets.length === 0 || picture.sets.length === 0) {
    throw new CopyRefused('unreadable', 'an avcC without parameter sets')
  }
  // What follows says the profile's chroma format again, and is kept.
  return { configuration: record, lengthBytes, parameterSets }
}

/** Reads `count` sets of 16-bit length each, from the byte behind the count. */
function readSets(record: Buffer, countAt: number, count: number): { sets: Buffer[]; end: number } {
  if (count > PARAMETER_SETS_MAX) throw new CopyRefused('unreadable', `${count} parameter sets`)
  const sets: Buffer[] = []
  let end = countAt + 1
  for (let index = 0; index < count; index += 1) {
    const length = end + 2 <= record.length ? record.readUInt16BE(end) : 0
    const set = record.subarray(end + 2, end + 2 + length)
    if (length === 0 || set.length < length) throw new CopyRefused('unreadable', 'a cut parameter set')
    sets.push(set)
    end += 2 + length
  }
  return { sets, end }
}
