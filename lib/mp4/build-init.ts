import { buildBox, buildFullBox, uint16, uint32 } from '#lib/mp4/build-box'
import type { AudioEntry } from '#lib/mp4/parse-audio-entry'
import type { AvcEntry } from '#lib/mp4/parse-avc-entry'

/** One track a file; its number is FFmpeg's. */
export const TRACK_ID = 1
const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/**
 * The init segment of one copied track. Pure. Nothing of the stranger's index is in it but the decoder configuration.
 * @param timescale ticks a second of the fragments.
 */
export function buildInit(entry: AvcEntry | AudioEntry, timescale: number): Buffer {
  return Buffer.concat([
    buildBox('ftyp', Buffer.from('iso6'), uint32(512), Buffer.from('iso6mp41')),
    buildBox(
      'moov',
      buildFullBox('mvhd', {}, uint32(0, 0, 1000, 0, 0x10000), uint16(0x100, 0), uint32(0, 0), MATRIX, [
        ...uint32(0, 0, 0, 0, 0, 0, TRACK_ID + 1),
      ]),
      buildTrack(entry, timescale),
      buildBox('mvex', buildFullBox('trex', {}, uint32(TRACK_ID, 1, 0, 0, 0))),
    ),
  ])
}

function buildTrack(entry: AvcEntry | AudioEntry, timescale: number): Buffer {
  const isVideo = entry.kind === 'avc'
  const size = isVideo ? uint32(entry.width * 0x10000, entry.height * 0x10000) : uint32(0, 0)
  return buildBox(
    'trak',
    // Flags: enabled and in the film.
    buildFullBox(
      'tkhd',
      { flags: 3 },
      uint32(0, 0, TRACK_ID, 0, 0, 0, 0),
      uint16(0, 0, isVideo ? 0 : 0x100, 0),
      MATRIX,
      size,
    ),
    buildBox(
      'mdia',
      // 0x55c4 is "und": the language is the playlist's business.
      buildFullBox('mdhd', {}, uint32(0, 0, timescale, 0), uint16(0x55c4, 0)),
      buildFullBox(
        'hdlr',
        {},
        uint32(0),
        Buffer.from(isVideo ? 'vide' : 'soun'),
        uint32(0, 0, 0),
        Buffer.from('Peekr\0'),
      ),
      buildBox(
        'minf',
        isVideo ? buildFullBox('vmhd', { flags: 1 }, uint32(0, 0)) : buildFullBox('smhd', {}, uint32(0)),
        buildBox('dinf', buildFullBox('dref', {}, uint32(1), buildFullBox('url ', { flags: 1 }))),
        buildBox('stbl', buildFullBox('stsd', {}, uint32(1), buildEntry(entry)), ...EMPTY_TABLES),
      ),
    ),
  )
}

const EMPTY_TABLES = [
  buildFullBox('stts', {}, uint32(0)),
  buildFullBox('stsc', {}, uint32(0)),
  buildFullBox('stsz', {}, uint32(0, 0)),
  buildFullBox('stco', {}, uint32(0)),
]

function buildEntry(entry: AvcEntry | AudioEntry): Buffer {
  return entry.kind === 'avc' ? buildAvc(entry) : buildAac(entry)
}

/** ISO/IEC 14496-12 §12.1.3: 72 dots an inch, one frame a sample, 24 bits of depth. */
function buildAvc({ width, height, configuration }: AvcEntry): Buffer {
  return buildBox(
    'avc1',
    uint16(0, 0, 0, 1, ...new Array(8).fill(0), width, height, 72, 0, 72, 0, 0, 0, 1),
    Buffer.alloc(32),
    uint16(24, 0xffff),
    buildBox('avcC', configuration),
  )
}

function buildAac({ configuration, channels, sampleRate }: AudioEntry): Buffer {
  return buildBox(
    'mp4a',
    uint16(0, 0, 0, 1, 0, 0, 0, 0, channels, 16, 0, 0, sampleRate, 0),
    buildFullBox('esds', {}, buildDescriptors(configuration)),
  )
}

/** ISO/IEC 14496-1 §7.2.6: an elementary stream of MPEG-4 audio; bit rates of 0 are not said. */
function buildDescriptors(configuration: Buffer): Buffer {
  const decoder = descriptor(4, [
    ...[0x40, 0x15, 0, 0, 0],
    ...uint32(0, 0),
    ...descriptor(5, [...configuration]),
  ])
  return Buffer.from(descriptor(3, [0, TRACK_ID, 0, ...decoder, ...descriptor(6, [2])]))
}

function descriptor(tag: number, body: number[]): number[] {
  return [tag, body.length, ...body]
}
