import type { HeadVerdict } from '#lib/domain/early-play'

/** Enough of a stream without an index to see what is in it. */
const HEAD_BYTES = 4 * 1024 ** 2
const MATROSKA = Buffer.from([0x1a, 0x45, 0xdf, 0xa3])
const PACKET_BYTES = 188
const BOXES_MAX = 32
const INDEX_BYTES_MAX = 64 * 1024 ** 2

/** Reads so many bytes at a place of the file; fewer where it has not come so far. */
export type ReadBytes = (position: number, length: number) => Promise<Buffer>

/**
 * Whether a file that is still arriving can be played from its beginning, by what has come. Matroska and transport streams can; an MP4
 * when its index lies before its data (ISO/IEC 14496-12 §6.2.3 leaves that open).
 * @param storedBytes how much of it is there for certain.
 */
export async function judgeHead(read: ReadBytes, storedBytes: number): Promise<HeadVerdict> {
  if (storedBytes < 3 * PACKET_BYTES) return { kind: 'unknown' }
  const head = await read(0, 3 * PACKET_BYTES)
  const isStream = [0, 1, 2].every((at) => head[at * PACKET_BYTES] === 0x47)
  if (isStream || head.subarray(0, 4).equals(MATROSKA)) {
    if (storedBytes < HEAD_BYTES) return { kind: 'unknown' }
    return { kind: 'playable', demuxer: isStream ? 'mpegts' : 'matroska', headBytes: HEAD_BYTES }
  }
  if (head.toString('latin1', 4, 8) === 'ftyp') return judgeBoxes(read, storedBytes)
  return refuse(
    'this kind of file can only be read when it is whole. MKV, TS and MP4 with its index in front can be played earlier',
  )
}

async function judgeBoxes(read: ReadBytes, storedBytes: number): Promise<HeadVerdict> {
  let at = 0
  for (let count = 0; count < BOXES_MAX && at + 16 <= storedBytes; count += 1) {
    const header = await read(at, 16)
    const type = header.toString('latin1', 4, 8)
    const short = header.readUInt32BE(0)
    const sizeBytes = short === 1 ? Number(header.readBigUInt64BE(8)) : short
    if (type === 'mdat' || sizeBytes === 0) return refuse(INDEX_BEHIND)
    if (sizeBytes < 8) return refuse('its beginning cannot be read')
    if (type === 'moov') {
      if (sizeBytes > INDEX_BYTES_MAX) return refuse('its index is too large')
      const headBytes = at + sizeBytes
      return storedBytes < headBytes + HEAD_BYTES
        ? { kind: 'unknown' }
        : { kind: 'playable', demuxer: 'mov', headBytes }
    }
    at += sizeBytes
  }
  return { kind: 'unknown' }
}

const INDEX_BEHIND =
  'this MP4 has its index at its end. Exported with “fast start” or “web optimised”, it could be played earlier'

function refuse(why: string): HeadVerdict {
  return { kind: 'refused', sentence: `It plays once all of it has come, because ${why}.` }
}
