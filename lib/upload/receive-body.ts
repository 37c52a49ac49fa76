import type { Readable } from 'node:stream'

/** Why reading stopped. All but `end` leave the body unfinished. */
export type BodyEnding = 'end' | 'interrupted' | 'stalled' | 'broken' | 'too_long'

export interface ReceiveOptions {
  source: Readable
  bytesMax: number
  /** Stops reading at once; what has come so far is still written. */
  signal: AbortSignal
  /** No byte for this long counts as stalled. */
  idleMs: number
  /** Called with one batch at a time, in order. */
  writeBatch: (buffers: Buffer[]) => Promise<void>
}

/** Below this, writing waits for more to come, but never longer than FLUSH_MS. */
const BATCH_SIZE_BYTES = 1024 * 1024
/** Reading pauses while a batch is being written and this much waits behind it. */
const BACKLOG_SIZE_BYTES = 4 * 1024 * 1024
const FLUSH_MS = 250

/**
 * Reads a body and hands it on in large batches, receiving one while the last is being written. A socket gives
 * 64 KiB at a time; one write call for each is what makes @tus/file-store slow (performance.md §1).
 * Never destroys the source, so an answer can still be sent. Resolves when everything received has been written.
 * @throws what `writeBatch` throws; nothing is read after that.
 */
export function receiveBody(options: ReceiveOptions): Promise<BodyEnding> {
  const { source, bytesMax, signal, idleMs, writeBatch } = options
  return new Promise((resolve, reject) => {
    let batch: Buffer[] = []
    let batchBytes = 0
    let receivedBytes = 0
    let writing = false
    let ending: BodyEnding | null = null
    let flushTimer: NodeJS.Timeout | undefined
    const idleTimer = setTimeout(() => stop('stalled'), idleMs)

    const onData = (chunk: Buffer) => {
      if (receivedBytes + chunk.length > bytesMax) return stop('too_long')
      receivedBytes += chunk.length
      batch.push(chunk)
      batchBytes += chunk.length
      idleTimer.refresh()
      if (batchBytes >= BATCH_SIZE_BYTES) flush()
      else flushTimer ??= setTimeout(flush, FLUSH_MS)
      if (writing && batchBytes >= BACKLOG_SIZE_BYTES) source.pause()
    }
    const onEnd = () => stop('end')
    const onBroken = () => stop('broken')
    const onAbort = () => stop('interrupted')

    function flush(): void {
      clearTimeout(flushTimer)
      flushTimer = undefined
      if (writing) return
      if (batchBytes === 0) {
        if (ending !== null) resolve(ending)
        return
      }
      const buffers = batch
      batch = []
      batchBytes = 0
      writing = true
      writeBatch(buffers).then(onWritten, onWriteFailed)
    }

    function onWritten(): void {
      writing = false
      if (ending !== null || batchBytes >= BATCH_SIZE_BYTES) flush()
      else if (batchBytes > 0) flushTimer ??= setTimeout(flush, FLUSH_MS)
      // Waiting for our own disk is not the client standing still.
      idleTimer.refresh()
      if (ending === null) source.resume()
    }

    function onWriteFailed(error: unknown): void {
      detach()
      reject(error)
    }

    function stop(why: BodyEnding): void {
      if (ending !== null) return
      ending = why
      detach()
      flush()
    }

    function detach(): void {
      clearTimeout(idleTimer)
      clearTimeout(flushTimer)
      signal.removeEventListener('abort', onAbort)
      source.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
      source.pause()
    }

    source.on('error', () => {}) // stays, so that a connection lost after we stopped is not an uncaught error
    if (source.readableEnded) return stop('end')
    if (source.destroyed) return stop('broken')
    if (signal.aborted) return stop('interrupted')
    signal.addEventListener('abort', onAbort)
    source.on('end', onEnd).on('error', onBroken).on('close', onBroken).on('data', onData)
  })
}
