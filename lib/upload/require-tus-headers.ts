import { PeekrError } from '#lib/errors'
import type { HeaderReader } from '#lib/http/require-same-site'
import { parseConcat } from '#lib/upload/parse-concat'

export const TUS_VERSION = '1.0.0'

const METHODS = ['POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type TusMethod = (typeof METHODS)[number]

export const ALLOWED_METHODS = METHODS.join(', ')

/**
 * The verb that is meant. X-HTTP-Method-Override (tus 1.0, "Headers") is for clients that can only POST, so it counts
 * on a POST alone: a link or an image of another site must not turn into a DELETE.
 * @throws method_not_allowed; GET is among them, so an upload's bytes are never handed out
 */
export function parseTusMethod(method: string, header: HeaderReader): TusMethod {
  const override = method === 'POST' ? header('x-http-method-override') : null
  const meant = METHODS.find((known) => known === (override || method).toUpperCase())
  if (meant === undefined) {
    throw new PeekrError('method_not_allowed', {
      message: `Uploads know ${ALLOWED_METHODS} and nothing else.`,
    })
  }
  return meant
}

/**
 * The checks every tus request must pass, in the protocol's order. @tus/server makes some of them too, but answers a
 * wrong version and a wrong content type with 400.
 * @throws tus_version (412), unsupported_media_type (415), bad_request
 */
export function requireTusHeaders(method: TusMethod, header: HeaderReader): void {
  if (method === 'OPTIONS') return
  // "If the version specified by the Client is not supported … 412 Precondition Failed"
  if (header('tus-resumable') !== TUS_VERSION) throw new PeekrError('tus_version')
  if (method === 'POST') requireCreationHeaders(header)
  if (method === 'PATCH') requirePatchHeaders(header)
}

/** An integer as the protocol writes it: digits only, and small enough to be counted exactly. */
export function parseByteCount(text: string | null | undefined): number | null {
  if (!text || !/^(?:0|[1-9]\d*)$/.test(text)) return null
  const count = Number(text)
  return Number.isSafeInteger(count) ? count : null
}

function requireCreationHeaders(header: HeaderReader): void {
  if (parseConcat(header('upload-concat'))?.kind === 'final') {
    // "The Client MUST NOT include the Upload-Length header in the final upload creation."
    if (!header('upload-length') && !header('upload-defer-length')) return
    throw badRequest('The length of a final upload is that of its parts. Leave Upload-Length out.')
  }
  if (header('upload-defer-length') || parseByteCount(header('upload-length')) === null) {
    throw badRequest('Send Upload-Length with the size of the file in bytes.')
  }
}

function requirePatchHeaders(header: HeaderReader): void {
  // "All PATCH requests MUST use Content-Type: application/offset+octet-stream, otherwise … 415"
  if (header('content-type') !== 'application/offset+octet-stream') {
    throw new PeekrError('unsupported_media_type', {
      message: 'Send the bytes of an upload as application/offset+octet-stream.',
    })
  }
  if (parseByteCount(header('upload-offset')) === null) {
    throw badRequest('Send Upload-Offset with the position of the first byte.')
  }
  if (header('upload-length'))
    throw badRequest('The length of this upload is known already. Leave Upload-Length out.')
}

function badRequest(message: string): PeekrError {
  return new PeekrError('bad_request', { message })
}
