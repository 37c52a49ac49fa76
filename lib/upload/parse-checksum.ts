import { PeekrError } from '#lib/errors'

/** The algorithms of the checksum extension: the one it requires, and what else clients use. */
export const CHECKSUM_ALGORITHMS = ['sha1', 'sha256', 'md5'] as const

/** What a body must amount to. */
export interface Checksum {
  algorithm: (typeof CHECKSUM_ALGORITHMS)[number]
  /** Base64, as the header has it. */
  value: string
}

const DIGEST_SIZE_BYTES = { sha1: 20, sha256: 32, md5: 16 }

/**
 * The Upload-Checksum header (tus 1.0, "Checksum"): an algorithm, a space, and the Base64 of its digest.
 * @throws bad_request "if the checksum algorithm is not supported by the server", or the header is something else
 */
export function parseChecksum(header: string | null | undefined): Checksum | null {
  if (!header) return null
  const [name = '', value = '', ...rest] = header.trim().split(' ')
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name)
  if (algorithm === undefined) {
    throw new PeekrError('bad_request', {
      message: `This server compares checksums by ${CHECKSUM_ALGORITHMS.join(', ')}. Send one of these, or none.`,
    })
  }
  const digest = Buffer.from(value, 'base64')
  const isWhole = digest.length === DIGEST_SIZE_BYTES[algorithm] && digest.toString('base64') === value
  if (isWhole && rest.length === 0) return { algorithm, value }
  throw new PeekrError('bad_request', {
    message: `The Upload-Checksum header is not valid: send "${algorithm}", a space, and the digest in Base64.`,
  })
}
