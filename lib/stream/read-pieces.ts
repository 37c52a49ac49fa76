import { PeekrError } from '#lib/errors'
import type { ByteRange } from '#lib/stream/http-range'
import { noteDamage } from '#lib/stream/note-damage'
import { type MediaPath, openMediaFile } from '#lib/stream/open-media-file'
import { givePiece, takePiece } from '#lib/stream/piece-pool'

/**
 * The bytes of a file that is not in memory, in pieces of up to 1 MiB, read only as fast as they are taken. Opens the
 * file when the first piece is asked for and closes it when the loop ends, however it ends. A piece is the caller's
 * until it asks for the next: then the same memory is read into again.
 */
export async function* readPieces(part: MediaPath & ByteRange): AsyncGenerator<Buffer<ArrayBuffer>> {
  const { read, close } = await openMediaFile(part)
  const memory = takePiece()
  try {
    for (let position = part.start; position <= part.end; ) {
      const sizeBytes = Math.min(memory.length, part.end + 1 - position)
      const bytesRead = await read(memory, sizeBytes, position).catch((error: unknown) =>
        noteDamage(part, error),
      )
      if (bytesRead === 0) throw new PeekrError('internal', { details: { part, position } })
      position += bytesRead
      yield memory.subarray(0, bytesRead)
    }
  } finally {
    givePiece(memory)
    close()
  }
}
