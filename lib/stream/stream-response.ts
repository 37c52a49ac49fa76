import { toErrorResponse } from '#lib/http/error-response'
import { LENGTH_HEADER } from '#lib/http/joined-response'
import { requestIdFrom } from '#lib/http/request-id'
import { holdMedia, shareMedia } from '#lib/stream/media-cache'
import { rawTarget } from '#lib/stream/parse-stream-path'
import { readPieces } from '#lib/stream/read-pieces'
import { resolveStream } from '#lib/stream/resolve-stream'
import type { MemoryBody } from '#lib/stream/stream-answer'

/**
 * The same answers as `handleStream`, byte for byte, for a route handler; only never compressed. A file in memory is one chunk of a stream:
 * the quickest of what was measured, since Next copies a plain body. Never rejects.
 */
export async function streamResponse(request: Request): Promise<Response> {
  try {
    const { status, headers, body } = await resolveStream({
      method: request.method,
      target: rawTarget(request.url),
      // Next strips Content-Encoding from what a handler answers: compressed bytes would arrive as nonsense.
      header: (name) => (name === 'accept-encoding' ? null : request.headers.get(name)),
      // As the front door found them; it drops what a client says of itself.
      client: request.headers.get('x-peekr-client') ?? 'unknown',
      isThroughProxy: Number(request.headers.get('x-peekr-hops')) > 0,
    })
    if (headers['content-length'] !== undefined) headers[LENGTH_HEADER] = headers['content-length']
    if (body === null) return new Response(null, { status, headers })
    const stream = 'bytes' in body ? oneChunk(body) : inPieces(readPieces(body))
    return new Response(stream, { status, headers })
  } catch (error) {
    return toErrorResponse(error, requestIdFrom(request.headers.get('x-request-id')))
  }
}

/** Asked for more, or given up, the first chunk is with the reader or nowhere: its memory is let go. */
function oneChunk({ bytes, media }: MemoryBody): ReadableStream<Uint8Array> {
  let release: (() => void) | null = null
  return new ReadableStream(
    {
      pull(controller) {
        if (release === null) {
          release = holdMedia(media)
          // Whoever reads the stream may still have the chunk when they ask for the next.
          shareMedia(media)
          controller.enqueue(bytes)
        } else {
          release()
          controller.close()
        }
      },
      cancel: () => release?.(),
    },
    { highWaterMark: 0 },
  )
}

/** One piece is read when one is taken; a reader that goes away closes the file. */
function inPieces(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        // A copy: the next piece is read into the same memory, and nothing tells when a chunk has left.
        else controller.enqueue(new Uint8Array(value))
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}
