import type { ZodType, z } from 'zod'
import { PeekrError } from '#lib/errors'
import { readText } from '#lib/http/read-text'

/** The largest, a video's description with every sign escaped, has 60 KiB; strangers may send many at once. */
const BODY_SIZE_BYTES_MAX = 128 * 1024

/**
 * The request's body, checked against a schema (make it a `z.strictObject`, so that unknown fields are refused).
 * Only `application/json` is read, which a form on another site cannot send.
 * @throws unsupported_media_type, too_large (over 128 KiB), bad_request (not JSON); a ZodError becomes invalid_input
 *   with the fields by path.
 */
export async function readJson<T extends ZodType>(request: Request, schema: T): Promise<z.output<T>> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type.trim())) {
    throw new PeekrError('unsupported_media_type')
  }
  const text = await readText(request, BODY_SIZE_BYTES_MAX)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const message = 'The body is not valid JSON. Correct it and try again.'
    throw new PeekrError('bad_request', { message, cause })
  }
  return schema.parse(value)
}
