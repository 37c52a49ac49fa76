import { CopyRefused } from '#lib/domain/copy-refusal'

/** A NAL unit of a packet; its first byte says its type (Rec. ITU-T H.264 §7.3.1). */
export interface NalUnit {
  type: number
  bytes: Buffer
}

export const NAL = { slice: 1, idr: 5, sequenceParameters: 7, pictureParameters: 8 } as const

/** More than the slices of any picture; a hostile packet is nothing but lengths. */
const UNITS_MAX = 1024

/**
 * Cuts a packet into its NAL units. Pure.
 * @param whole false for a packet's beginning only: its last unit is then as long as what is there.
 * @throws CopyRefused damaged when the lengths do not add up.
 */
export function readNalUnits(packet: Buffer, lengthBytes: number, whole = true): NalUnit[] {
  const units: NalUnit[] = []
  for (let at = 0; at < packet.length; ) {
    const start = at + lengthBytes
    if (start > packet.length && !whole) break
    const length = start <= packet.length ? packet.readUIntBE(at, lengthBytes) : Number.POSITIVE_INFINITY
    const fits = start + length <= packet.length
    if ((!fits && whole) || length === 0 || units.length === UNITS_MAX) {
      throw new CopyRefused('damaged', `a NAL unit of ${length} bytes`)
    }
    const bytes = packet.subarray(start, start + length)
    if (bytes.length > 0) units.push({ type: (bytes[0] ?? 0) & 0x1f, bytes })
    at = start + length
  }
  return units
}

/** Slice types that need no other picture: I, and I throughout the picture (§7.4.3). */
const INTRA = [2, 7]

/**
 * Whether an IDR picture's slice is what it must be. Files exist in which it is not; decoders drop that picture and
 * everything that builds on it. Pure.
 */
export function isIntraSlice({ bytes }: NalUnit): boolean {
  const readBit = createBitReader(bytes.subarray(1, 1 + SLICE_HEAD_BYTES))
  readExponentialGolomb(readBit) // the number of the slice's first macroblock
  return INTRA.includes(readExponentialGolomb(readBit))
}

const SLICE_HEAD_BYTES = 16

function createBitReader(bytes: Buffer): () => number {
  let at = 0
  return () => {
    const bit = ((bytes[at >> 3] ?? 0xff) >> (7 - (at & 7))) & 1
    at += 1
    return bit
  }
}

/** §9.1. Behind the end there are ones only, so it ends. */
function readExponentialGolomb(readBit: () => number): number {
  let zeros = 0
  while (readBit() === 0) zeros += 1
  let value = 1
  for (let bit = 0; bit < zeros; bit += 1) value = value * 2 + readBit()
  return value - 1
}
