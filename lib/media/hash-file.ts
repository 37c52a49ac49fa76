import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { PeekrError } from '#lib/errors'

const READ_BYTES = 4 * 1024 ** 2

/**
 * The SHA-256 of a whole file, in lower-case hex, read in pieces of 4 MiB.
 * @throws cancelled; storage_unavailable when it cannot be read.
 */
export async function hashFile(
  path: string,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
): Promise<{ sha256: string; sizeBytes: number }> {
  const file = await open(path).catch(refuse)
  try {
    const { size } = await file.stat()
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    let sizeBytes = 0
    for (;;) {
      if (signal?.aborted) throw new PeekrError('cancelled')
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, sizeBytes).catch(refuse)
      if (bytesRead === 0) return { sha256: hash.digest('hex'), sizeBytes }
      hash.update(buffer.subarray(0, bytesRead))
      sizeBytes += bytesRead
      onProgress?.(sizeBytes / size)
    }
  } finally {
    await file.close()
  }
}

function refuse(cause: unknown): never {
  throw new PeekrError('storage_unavailable', { cause, details: { cause: String(cause) } })
}
