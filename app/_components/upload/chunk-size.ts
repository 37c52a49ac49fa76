import type { DetailedError } from 'tus-js-client'

const CHUNK_KEY = 'peekr-chunk-bytes'
/** Under the 100 MB that some proxies let through, and well within one request's time. */
const CHUNK_BYTES = 16 * 1024 ** 2
/** nginx lets 1 MB through when nobody told it otherwise; less would cost more in requests than it could gain. */
const CHUNK_BYTES_MIN = 512 * 1024

export interface ChunkSize {
  bytes(): number
  /** The size to go on with after an error. */
  learn(error: DetailedError): number
}

/**
 * How many bytes one request may carry here. A proxy on the way may refuse what Peekr would take, with a 413 that is not
 * Peekr's (no Tus-Resumable), or by cutting the connection before the answer can be read: half as many are tried then.
 * @param known what an earlier upload learnt, or null
 * @param remember keeps what was learnt from a 413
 */
export function createChunkSize(known: number | null, remember: (bytes: number) => void): ChunkSize {
  let bytes = known !== null && known >= CHUNK_BYTES_MIN && known < CHUNK_BYTES ? known : CHUNK_BYTES
  let cuts = 0

  function halve(): void {
    bytes = Math.max(CHUNK_BYTES_MIN, Math.floor(bytes / 2))
  }

  return {
    bytes: () => bytes,
    learn({ originalRequest, originalResponse }) {
      if (originalRequest?.getMethod() !== 'PATCH') return bytes
      if (originalResponse === null) {
        cuts += 1
        // Once is a bad line; every time is somebody who will not let it through.
        if (cuts % 3 === 0) halve()
      } else if (isProxys413(originalResponse.getStatus(), originalResponse.getHeader('Tus-Resumable'))) {
        halve()
        remember(bytes)
      } else {
        cuts = 0
      }
      return bytes
    },
  }
}

/** Whether a refusal is of the request's size, by somebody on the way, so that smaller requests may pass. */
export function isProxys413(status: number, tusResumable: string | undefined): boolean {
  return status === 413 && !tusResumable
}

/** What an earlier upload in this browser learnt of the proxies on the way. */
export function readChunkBytes(): number | null {
  try {
    return Number(localStorage.getItem(CHUNK_KEY)) || null
  } catch {
    return null // storage is switched off: it is learnt anew
  }
}

export function writeChunkBytes(bytes: number): void {
  try {
    localStorage.setItem(CHUNK_KEY, String(bytes))
  } catch {
    // Storage is full or switched off; the next upload learns it anew.
  }
}
