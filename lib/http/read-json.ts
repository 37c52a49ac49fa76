import type { ZodType, z } from 'zod'
import { PeekrError } from '#lib/errors'

const BODY_SIZE_BYTES_MAX = 1024 * 1024

/**
 * The request's body, checked against a schema (make it a `z.strictObject`, so that unknown fields are refused).
 * Only `application/json` is read, which a form on another site cannot send.
 * @throws unsupported_media_type, too_large (over 1 MiB), bad_request (not JSON); a ZodError becomes invalid_input
 *   with the fields by path.
 */
export async function readJson<T extends ZodType>(request: Request, schema: T): Promise<z.output<T>> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type.trim())) {
    throw new PeekrError('unsupported_media_type')
  }
  const text = await readText(request)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new PeekrError('bad_request', {
      message: 'The body is not valid JSON. Correct it and try again.',
      cause,
    })
  }
  return schema.parse(value)
}

async function readText(request: Request): Promise<string> {
  const tooLarge = () =>
    new PeekrError('too_large', { message: 'The body of this request is over 1 MiB. Send less at once.' })
  if (Number(request.headers.get('content-length') ?? 0) > BODY_SIZE_BYTES_MAX) throw tooLarge()
  if (request.body === null) return ''
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of request.body) {
    sizeBytes += piece.byteLength
    // The declared length is the client's word; the count is ours.
    if (sizeBytes > BODY_SIZE_BYTES_MAX) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
