const PACKET_BYTES = 188

/** The last continuity counter of each packet identifier so far. Plain data, kept between segments. */
export type Continuity = Record<string, number>

/**
 * Renumbers a transport stream segment so that it follows on from the segments before it, whichever run of FFmpeg made
 * them; each run starts at 0. Changes `segment` and `continuity`. The counter goes up by one with every packet that has
 * a payload (Rec. ITU-T H.222.0 §2.4.3.3).
 */
export function renumberPackets(segment: Buffer, continuity: Continuity): void {
  for (let at = 0; at + PACKET_BYTES <= segment.length; at += PACKET_BYTES) {
    const pid = String(segment.readUInt16BE(at + 1) & 0x1fff)
    const control = segment[at + 3] ?? 0
    const hasPayload = (control & 0x10) !== 0
    const last = continuity[pid] ?? (hasPayload ? -1 : 0)
    const counter = hasPayload ? (last + 1) & 0x0f : last
    continuity[pid] = counter
    segment[at + 3] = (control & 0xf0) | counter
  }
}
