import { PeekrError } from '#lib/errors'

/**
 * The request's body as UTF-8 text, read no further than `sizeBytesMax`: a declared length is the client's word, so
 * the bytes are counted as well.
 * @throws too_large, bad_request when the connection breaks off
 */
export async function readText(request: Request, sizeBytesMax: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > sizeBytesMax) throw tooLarge(sizeBytesMax)
  if (request.body === null) return ''
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const piece of request.body) {
      sizeBytes += piece.byteLength
      if (sizeBytes > sizeBytesMax) break
      pieces.push(piece)
    }
  } catch (cause) {
    // A client that went away; nobody is there to read this, and it is no fault of the server's.
    throw new PeekrError('bad_request', {
      message: 'The connection broke off. Send the request again.',
      cause,
    })
  }
  if (sizeBytes > sizeBytesMax) throw tooLarge(sizeBytesMax)
  return Buffer.concat(pieces).toString('utf8')
}

function tooLarge(sizeBytesMax: number): PeekrError {
  return new PeekrError('too_large', {
    message: `The body of this request is over ${Math.floor(sizeBytesMax / 1024)} KiB. Send less at once.`,
  })
}
