import { computeSha256 } from '#lib/domain/sha-256'

const EDGE_BYTES = 1024 ** 2

/**
 * The fingerprint of a file in the browser, as lib/upload/fingerprint.ts makes it: its size, its first MiB and its last.
 * @throws NotReadableError, NotFoundError when the file was moved, changed or may not be read
 */
export async function readFingerprint(file: Blob): Promise<string> {
  const headBytes = Math.min(file.size, EDGE_BYTES)
  const tailBytes = Math.min(file.size - headBytes, EDGE_BYTES)
  const edges = new Blob([
    `${file.size}\n`,
    file.slice(0, headBytes),
    file.slice(file.size - tailBytes, file.size),
  ])
  const bytes = new Uint8Array(await edges.arrayBuffer())
  // Pages that came over plain HTTP, from a server at home, have no `subtle`.
  if (!globalThis.crypto.subtle) return computeSha256(bytes)
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
