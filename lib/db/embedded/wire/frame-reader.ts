import { WireError } from '#lib/db/embedded/wire/wire-error'

/** What `hello` announces as `maxMessageSizeBytes`. */
export const MESSAGE_SIZE_BYTES_MAX = 48_000_000
export const HEADER_SIZE_BYTES = 16

export interface Frame {
  requestId: number
  opCode: number
  body: Buffer
}

/**
 * Cuts a byte stream into wire messages. Memory grows with the bytes that really arrived, not with the length a
 * header claims.
 */
export function createFrameReader(): { push(chunk: Buffer): Frame[] } {
  let chunks: Buffer[] = []
  let available = 0
  let wanted = HEADER_SIZE_BYTES

  return {
    /** @throws WireError when a header's length is impossible. */
    push(chunk) {
      chunks.push(chunk)
      available += chunk.length
      const frames: Frame[] = []
      while (available >= wanted) {
        const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
        chunks = [bytes]
        const size = bytes.readInt32LE(0)
        if (size < HEADER_SIZE_BYTES || size > MESSAGE_SIZE_BYTES_MAX) {
          throw new WireError(`A message claims ${size} bytes.`)
        }
        wanted = size
        if (available < size) break
        frames.push({
          requestId: bytes.readInt32LE(4),
          opCode: bytes.readInt32LE(12),
          body: bytes.subarray(HEADER_SIZE_BYTES, size),
        })
        const rest = bytes.subarray(size)
        chunks = rest.length > 0 ? [rest] : []
        available = rest.length
        wanted = HEADER_SIZE_BYTES
      }
      return frames
    },
  }
}
