import { createHash } from 'node:crypto'

/** SHA-256 in hex. */
export function hashOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex')
}

/** A strong ETag: half of a SHA-256 in hex, enough for no two files of a library ever to share it. */
export function toEtag(sha256: string): string {
  return `"${sha256.slice(0, 32)}"`
}
