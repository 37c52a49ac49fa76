import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const READ_SIZE_BYTES = 4 << 20

export interface FileHash {
  /** In hex. */
  sha256: string
  sizeBytes: number
}

/**
 * The SHA-256 of a whole file, read in large pieces through one buffer. Works in a worker.
 * @param options.onProgress gets the part that is done, 0 to 1.
 */
export async function hashFile(
  path: string,
  options: { signal?: AbortSignal; onProgress?: (part: number) => void } = {},
): Promise<FileHash> {
  const hash = createHash('sha256')
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(READ_SIZE_BYTES, size)))
    let sizeBytes = 0
    for (;;) {
      options.signal?.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      sizeBytes += bytesRead
      options.onProgress?.(Math.min(1, sizeBytes / Math.max(1, size)))
    }
    return { sha256: hash.digest('hex'), sizeBytes }
  } finally {
    await handle.close()
  }
}
