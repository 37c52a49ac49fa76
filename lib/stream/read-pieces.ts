import { PeekrError } from '#lib/errors'
import type { ByteRange } from '#lib/stream/http-range'
import { type MediaPath, openMediaFile } from '#lib/stream/open-media-file'

/** Large enough that the disk is read in long runs, small enough that many readers fit in memory. */
const PIECE_SIZE_BYTES = 1024 * 1024

/**
 * The bytes of a large file in pieces of 1 MiB, read only as fast as they are taken. Opens the file when the first
 * piece is asked for and closes it when the loop ends, however it ends.
 */
export async function* readPieces(part: MediaPath & ByteRange): AsyncGenerator<Buffer<ArrayBuffer>> {
  const { handle } = await openMediaFile(part)
  try {
    for (let position = part.start; position <= part.end; ) {
      const sizeBytes = Math.min(PIECE_SIZE_BYTES, part.end + 1 - position)
      const piece = Buffer.allocUnsafeSlow(sizeBytes)
      const { bytesRead } = await handle.read(piece, 0, sizeBytes, position)
      if (bytesRead === 0) throw new PeekrError('internal', { details: { part, position } })
      position += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
