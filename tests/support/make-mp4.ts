import { buildBox, buildFullBox, uint16, uint32 } from '#lib/mp4/build-box'

export interface TinyMovie {
  /** One a picture. */
  sizes: number[]
  /** Runs of pictures of one duration. */
  durations: [count: number, ticks: number][]
  offsets?: [count: number, ticks: number][]
  /** From 1. */
  syncs?: number[]
  edits?: [duration: number, mediaTime: number][]
  timescale?: number
  movieTimescale?: number
  /** Where the pictures are; right behind the index otherwise. */
  chunkOffset?: number
  large?: boolean
}

const CONFIGURATION = Buffer.from(
  '0164001effe100196764001eacd940a03db011000003000100000300328f162d9601000668ebe3cb22c0',
  'hex',
)
const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** A film of one H.264 track whose tables say what a test wants; its packets are one IDR slice each. */
export function makeMp4(movie: TinyMovie): Buffer {
  const packets = Buffer.concat(movie.sizes.map(makePacket))
  const head = (chunkOffset: number) =>
    Buffer.concat([buildBox('ftyp', Buffer.from('isom'), uint32(0)), makeIndex(movie, chunkOffset)])
  const start = head(0).length + 8
  return Buffer.concat([head(movie.chunkOffset ?? start), buildBox('mdat', packets)])
}

/** An IDR slice of type I: `0x65`, then first_mb 0 and slice_type 7. */
function makePacket(sizeBytes: number): Buffer {
  const packet = Buffer.alloc(sizeBytes, 0x11)
  packet.writeUInt32BE(sizeBytes - 4, 0)
  packet.set([0x65, 0x88], 4)
  return packet
}

function makeIndex(movie: TinyMovie, chunkOffset: number): Buffer {
  const { sizes, durations, offsets, syncs, edits, timescale = 30, movieTimescale = 1000 } = movie
  const pairs = (rows: [number, number][]) =>
    rows.map(([count, ticks]) => [...uint32(count), ...uint32(ticks >>> 0)])
  const entry = buildBox(
    'avc1',
    uint16(0, 0, 0, 1, ...new Array(8).fill(0), 320, 240, 72, 0, 72, 0, 0, 0, 1),
    Buffer.alloc(32),
    uint16(24, 0xffff),
    buildBox('avcC', CONFIGURATION),
  )
  const chunk = movie.large ? Buffer.alloc(8) : uint32(chunkOffset)
  if (movie.large) chunk.writeBigUInt64BE(BigInt(chunkOffset))
  const tables = buildBox(
    'stbl',
    buildFullBox('stsd', {}, uint32(1), entry),
    buildFullBox('stts', {}, uint32(durations.length), pairs(durations).flat()),
    offsets ? buildFullBox('ctts', {}, uint32(offsets.length), pairs(offsets).flat()) : [],
    syncs ? buildFullBox('stss', {}, uint32(syncs.length, ...syncs)) : [],
    buildFullBox('stsz', {}, uint32(0, sizes.length, ...sizes)),
    buildFullBox('stsc', {}, uint32(1, 1, sizes.length, 1)),
    buildFullBox(movie.large ? 'co64' : 'stco', {}, uint32(1), chunk),
  )
  const list = (edits ?? []).map(([duration, time]) => [...uint32(duration, time >>> 0, 0x10000)])
  return buildBox(
    'moov',
    buildFullBox('mvhd', {}, uint32(0, 0, movieTimescale, 0)),
    buildBox(
      'trak',
      buildFullBox('tkhd', { flags: 3 }, Buffer.alloc(36), MATRIX, uint32(0, 0)),
      edits ? buildBox('edts', buildFullBox('elst', {}, uint32(list.length), list.flat())) : [],
      buildBox(
        'mdia',
        buildFullBox('mdhd', {}, uint32(0, 0, timescale, 0, 0)),
        buildFullBox('hdlr', {}, uint32(0), Buffer.from('vide'), uint32(0, 0, 0)),
        buildBox('minf', tables),
      ),
    ),
  )
}
