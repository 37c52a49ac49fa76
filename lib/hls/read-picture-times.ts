import type { SegmentFormat } from '#lib/domain/rendition'

/** Both formats count Peekr's pictures in ticks of 1/90,000 s. */
export const TICKS_PER_SECOND = 90_000

/** When each picture of one of our video segments is shown, in ticks, in ascending order. Pure. */
export function readPictureTimes(segment: Buffer, format: SegmentFormat): number[] {
  const times = format === 'fmp4' ? readFragment(segment) : readTransportStream(segment)
  return times.sort((a, b) => a - b)
}

/** ISO/IEC 14496-12 §8.8: decoding times add up from tfdt, each picture's composition offset is in trun. */
function readFragment(segment: Buffer): number[] {
  const times: number[] = []
  for (const moof of findBoxes(segment, 'moof')) {
    for (const traf of findBoxes(moof, 'traf')) {
      const [tfhd, tfdt] = [findBoxes(traf, 'tfhd')[0], findBoxes(traf, 'tfdt')[0]]
      if (!tfhd || !tfdt) continue
      let decodeTime = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4)
      for (const trun of findBoxes(traf, 'trun')) {
        for (const { duration, offset } of readRun(trun, readDefaultDuration(tfhd))) {
          times.push(decodeTime + offset)
          decodeTime += duration
        }
      }
    }
  }
  return times
}

function findBoxes(parent: Buffer, type: string): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at + 8 <= parent.length; ) {
    const size = parent.readUInt32BE(at)
    if (size < 8) break
    if (parent.toString('latin1', at + 4, at + 8) === type) found.push(parent.subarray(at + 8, at + size))
    at += size
  }
  return found
}

/** tfhd §8.8.7: optional fields in front of the default duration, by flag. */
function readDefaultDuration(tfhd: Buffer): number {
  const flags = tfhd.readUInt32BE(0) & 0xffffff
  const at = 8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0)
  return flags & 0x8 ? tfhd.readUInt32BE(at) : 0
}

/** trun §8.8.8: which of four fields each sample has, by flag. */
function readRun(trun: Buffer, defaultDuration: number): { duration: number; offset: number }[] {
  const flags = trun.readUInt32BE(0) & 0xffffff
  let at = 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0)
  return Array.from({ length: trun.readUInt32BE(4) }, () => {
    const duration = flags & 0x100 ? trun.readUInt32BE(at) : defaultDuration
    at += (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0) + (flags & 0x400 ? 4 : 0)
    const offset = flags & 0x800 ? trun.readInt32BE(at) : 0
    at += flags & 0x800 ? 4 : 0
    return { duration, offset }
  })
}

const PACKET_BYTES = 188

/** Rec. ITU-T H.222.0 §2.4.3: one PES packet a picture, its presentation time in the header. */
function readTransportStream(segment: Buffer): number[] {
  const times: number[] = []
  for (let at = 0; at + PACKET_BYTES <= segment.length; at += PACKET_BYTES) {
    const packet = segment.subarray(at, at + PACKET_BYTES)
    const startsUnit = ((packet[1] ?? 0) & 0x40) !== 0
    const adaptation = ((packet[3] ?? 0) & 0x20) !== 0 ? 1 + (packet[4] ?? 0) : 0
    const pes = packet.subarray(4 + adaptation)
    const isVideo = pes.length >= 14 && pes.readUIntBE(0, 3) === 1 && ((pes[3] ?? 0) & 0xf0) === 0xe0
    if (startsUnit && isVideo && ((pes[7] ?? 0) & 0x80) !== 0) times.push(readTimestamp(pes.subarray(9, 14)))
  }
  return times
}

/** 33 bits in three pieces, a marker bit after each (§2.4.3.7). */
function readTimestamp(field: Buffer): number {
  const high = ((field[0] ?? 0) >> 1) & 0x7
  return high * 2 ** 30 + (field.readUInt16BE(1) >> 1) * 2 ** 15 + (field.readUInt16BE(3) >> 1)
}
