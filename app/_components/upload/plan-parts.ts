/** Shared extents come in blocks of this size: parts that meet on its multiples are joined on Btrfs without copying a byte. */
const ALIGN_BYTES = 64 * 1024
/** Smaller parts are over before a connection has got up to speed. */
const PART_BYTES_MIN = 64 * 1024 ** 2
const PARTS_MAX = 3
/** From here on one TCP connection is held back by its round trips and every lost packet, rather than by the line. */
const FAR_MS = 40

export interface Part {
  start: number
  end: number
}

/**
 * In which parts to send a file side by side; null for one stream, which is what most uploads want: its video exists
 * from the first byte on, and can be given a title and found from another device while the rest is on its way.
 * @param roundTripMs to the server and back, null where it could not be measured
 * @param others how many connections other uploads of this page hold: a browser has six for a server, and needs some itself
 */
export function planParts(upload: {
  sizeBytes: number
  roundTripMs: number | null
  others: number
}): Part[] | null {
  const { sizeBytes, roundTripMs, others } = upload
  const count = Math.min(PARTS_MAX, Math.floor(sizeBytes / PART_BYTES_MIN), 4 - others)
  if (roundTripMs === null || roundTripMs < FAR_MS || count < 2) return null
  const partBytes = Math.ceil(sizeBytes / count / ALIGN_BYTES) * ALIGN_BYTES
  return Array.from({ length: count }, (_, index) => ({
    start: index * partBytes,
    end: Math.min(sizeBytes, (index + 1) * partBytes),
  }))
}
