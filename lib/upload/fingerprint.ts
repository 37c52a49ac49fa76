import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** How much of a file's beginning and of its end goes into its fingerprint. */
const FINGERPRINT_EDGE_BYTES = 1024 ** 2

/** What a fingerprint looks like: SHA-256 in hexadecimal. */
export const FINGERPRINT_PATTERN = /^[0-9a-f]{64}$/

/**
 * The fingerprint of a file: the SHA-256 of its size in decimal, a line feed, its first MiB and its last MiB (all of a
 * file of up to 2 MiB, once). A browser can make it of any file in some milliseconds before sending a byte. Two files
 * that differ only in their middle have the same, so it offers a video and decides nothing; the SHA-256 of the whole
 * file (`source.sha256`) does.
 */
export async function computeFingerprint(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const hash = createHash('sha256').update(`${size}\n`)
    const head = Math.min(size, FINGERPRINT_EDGE_BYTES)
    const tail = Math.min(size - head, FINGERPRINT_EDGE_BYTES)
    for (const [lengthBytes, position] of [
      [head, 0],
      [tail, size - tail],
    ] as const) {
      const buffer = Buffer.alloc(lengthBytes)
      const { bytesRead } = await file.read(buffer, 0, lengthBytes, position)
      hash.update(buffer.subarray(0, bytesRead))
    }
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}
