/** AAC-LC, the only sound Peekr writes. */
export const AAC_CODEC = 'mp4a.40.2'

/**
 * The RFC 6381 codec string of H.264 in what an encoder produced: an init segment (from its avcC box) or the beginning of
 * a transport stream (from its sequence parameter set). Null when there is none.
 */
export function findAvcCodec(bytes: Uint8Array): string | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return fromConfiguration(view) ?? fromParameterSet(view)
}

/** ISO/IEC 14496-15 §5.3.3.1: version 1, then profile, constraint flags and level. */
function fromConfiguration(view: Buffer): string | null {
  const at = view.indexOf('avcC')
  if (at < 0 || at + 8 > view.length || view[at + 4] !== 1) return null
  return format(view.subarray(at + 5, at + 8))
}

/** Rec. ITU-T H.264 §7.3.2.1.1: after a start code and a NAL header of type 7, the same three bytes. */
function fromParameterSet(view: Buffer): string | null {
  const START = Buffer.from([0, 0, 1])
  for (let at = view.indexOf(START); at >= 0 && at + 7 <= view.length; at = view.indexOf(START, at + 3)) {
    if (((view[at + 3] ?? 0) & 0x9f) === 7) return format(view.subarray(at + 4, at + 7))
  }
  return null
}

function format(bytes: Buffer): string {
  return `avc1.${bytes.toString('hex')}`
}
