import { buildBox, buildFullBox, uint32 } from '#lib/mp4/build-box'
import { TRACK_ID } from '#lib/mp4/build-init'

export interface FragmentSample {
  sizeBytes: number
  durationTicks: number
  /** From decoding to showing. */
  offsetTicks: number
  sync: boolean
}

// ISO/IEC 14496-12 §8.8.3.1: depends on others and is no sync sample, or neither.
const FLAGS = { sync: 0x0200_0000, other: 0x0101_0000 }
/** Offset of the data; each sample's duration, size, flags and composition offset (§8.8.8.1). */
const RUN_FLAGS = 0x1 | 0x100 | 0x200 | 0x400 | 0x800
const ROW_BYTES = 16

/**
 * Everything of a media segment but the samples themselves, which follow it: one fragment with one run. Pure.
 * @param decodeTicks of its first sample.
 */
export function buildFragmentHead(
  sequence: number,
  decodeTicks: number,
  samples: readonly FragmentSample[],
): Buffer {
  const type = buildBox('styp', Buffer.from('msdh'), uint32(0), Buffer.from('msdhmsix'))
  const sized = buildMovieFragment(sequence, decodeTicks, samples, 0)
  const fragment = buildMovieFragment(sequence, decodeTicks, samples, sized.length + 8)
  const header = Buffer.alloc(8)
  header.writeUInt32BE(8 + samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), 0)
  header.write('mdat', 4, 'latin1')
  return Buffer.concat([type, fragment, header])
}

function buildMovieFragment(
  sequence: number,
  decodeTicks: number,
  samples: readonly FragmentSample[],
  dataOffset: number,
): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(decodeTicks))
  return buildBox(
    'moof',
    buildFullBox('mfhd', {}, uint32(sequence)),
    buildBox(
      'traf',
      // The flag: places count from the beginning of this box.
      buildFullBox('tfhd', { flags: 0x20000 }, uint32(TRACK_ID)),
      buildFullBox('tfdt', { version: 1 }, time),
      buildFullBox(
        'trun',
        { version: 1, flags: RUN_FLAGS },
        uint32(samples.length, dataOffset),
        buildRows(samples),
      ),
    ),
  )
}

function buildRows(samples: readonly FragmentSample[]): Buffer {
  const rows = Buffer.alloc(samples.length * ROW_BYTES)
  for (const [index, { sizeBytes, durationTicks, offsetTicks, sync }] of samples.entries()) {
    const at = index * ROW_BYTES
    rows.writeUInt32BE(durationTicks, at)
    rows.writeUInt32BE(sizeBytes, at + 4)
    rows.writeUInt32BE(sync ? FLAGS.sync : FLAGS.other, at + 8)
    rows.writeInt32BE(offsetTicks, at + 12)
  }
  return rows
}
