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

/**
 * A file in memory as a stream of one chunk. Asked for more, or given up, the chunk is with the reader or nowhere: its memory is let
 * go. Next does not read a body but pipes it, and that can be had for less than what all streams have in common.
 */
function oneChunk({ bytes, media }: MemoryBody): ReadableStream<Uint8Array> {
  let release: (() => void) | null = null
  const hold = () => {
    release = holdMedia(media)
    // Whoever reads the stream may still have the chunk when they ask for the next.
    shareMedia(media)
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (release === null) {
          hold()
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
  stream.pipeTo = async (destination, { signal } = {}) => {
    hold()
    const writer = destination.getWriter()
    try {
      await Promise.race([writeWhole(writer, bytes), ...(signal ? [waitForAbort(signal)] : [])])
    } finally {
      release?.()
    }
  }
  return stream
}

async function writeWhole(writer: WritableStreamDefaultWriter<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const written = writer.write(bytes)
  const closed = writer.close()
  await Promise.all([written, closed])
}

/** The client went away: nobody says so to whoever waits for its last byte. */
function waitForAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
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
