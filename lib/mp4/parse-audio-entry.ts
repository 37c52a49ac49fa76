import { CopyRefused } from '#lib/domain/copy-refusal'
import { type Box, readBoxes } from '#lib/mp4/read-boxes'

/** AAC-LC as its decoder configuration says it. */
export interface AudioEntry {
  kind: 'aac'
  /** The AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), as it is. */
  configuration: Buffer
  channels: number
  sampleRate: number
}

const HEAD_BYTES = 28
/** QuickTime's versions 1 and 2 of the entry have more fields in front of the boxes. */
const QUICKTIME_BYTES = [0, 16, 36]
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
]
const SAMPLE_RATE_MAX = 48_000
const AAC_LC = 2
const MPEG4_AUDIO = 0x40

/**
 * Reads an audio sample entry. Null for everything but plain AAC-LC of one or two channels: another codec, HE-AAC, more
 * channels, over 48 kHz. Pure.
 * @throws CopyRefused unreadable
 */
export function parseAudioEntry({ type, body }: Box): AudioEntry | null {
  if (type !== 'mp4a') return null
  if (body.length < HEAD_BYTES) throw new CopyRefused('unreadable', 'a short mp4a')
  const extraBytes = QUICKTIME_BYTES[body.readUInt16BE(8)]
  if (extraBytes === undefined) return null
  const boxes = readBoxes(body.subarray(HEAD_BYTES + extraBytes))
  const wave = boxes.find((box) => box.type === 'wave')
  const descriptor = [...boxes, ...(wave ? readBoxes(wave.body) : [])].find((box) => box.type === 'esds')
  const configuration = descriptor && findDecoderConfiguration(descriptor.body)
  return configuration ? parseConfiguration(configuration) : null
}

/** ISO/IEC 14496-1 §7.2.6: descriptors within one another, by tag and a length of one to four bytes. */
function findDecoderConfiguration(esds: Buffer): Buffer | null {
  const stream = readDescriptor(esds.subarray(4), 3)
  if (stream === null || stream.length < 3) return null
  const flags = stream[2] ?? 0
  const urlBytes = flags & 0x40 ? 1 + (stream[3 + (flags & 0x80 ? 2 : 0)] ?? 0) : 0
  const decoder = readDescriptor(
    stream.subarray(3 + (flags & 0x80 ? 2 : 0) + urlBytes + (flags & 0x20 ? 2 : 0)),
    4,
  )
  if (decoder === null || decoder.length < 13 || decoder[0] !== MPEG4_AUDIO) return null
  return readDescriptor(decoder.subarray(13), 5)
}

function readDescriptor(bytes: Buffer, tag: number): Buffer | null {
  if (bytes[0] !== tag) return null
  let length = 0
  for (let at = 1; at < 5; at += 1) {
    const byte = bytes[at] ?? 0
    length = length * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      const body = bytes.subarray(at + 1, at + 1 + length)
      return body.length === length ? body : null
    }
  }
  return null
}

function parseConfiguration(configuration: Buffer): AudioEntry | null {
  if (configuration.length < 2 || configuration.length > 64) return null
  const bits = configuration.readUInt16BE(0)
  const sampleRate = SAMPLE_RATES[(bits >> 7) & 0xf]
  const channels = (bits >> 3) & 0xf
  // The last three bits: 1,024 samples a frame, no core coder, no extension.
  const plain = bits >> 11 === AAC_LC && (bits & 0x7) === 0
  if (!plain || sampleRate === undefined || sampleRate > SAMPLE_RATE_MAX) return null
  if (channels !== 1 && channels !== 2) return null
  // Behind them an extension may say that the rate is to be doubled: HE-AAC (§1.6.6.1).
  if (configuration.length >= 4 && configuration.readUInt16BE(2) >> 5 === 0x2b7 && saysDoubled(configuration))
    return null
  return { kind: 'aac', configuration, channels, sampleRate }
}

/** After the sync word 0x2b7: five bits for the extension's type, and one that says whether it is there. */
function saysDoubled(configuration: Buffer): boolean {
  const [type, present] = [(configuration[3] ?? 0) & 0x1f, (configuration[4] ?? 0) & 0x80]
  return type === 5 && present !== 0
}
