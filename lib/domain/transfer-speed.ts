/** A running estimate of a transfer's speed. */
export interface TransferSpeed {
  atMs: number
  sentBytes: number
  /** null until there is something to tell. */
  bytesPerSecond: number | null
}

/** How long the estimate remembers: a shorter time flickers, a longer one lags behind the network. */
const MEMORY_SECONDS = 6

export function startTransferSpeed(sentBytes: number, atMs: number): TransferSpeed {
  return { atMs, sentBytes, bytesPerSecond: null }
}

/**
 * The estimate after one more reading: an exponential mean over the time passed, so that readings may come at
 * any rhythm. A transfer that was set back (the server had stored less than was sent) starts anew.
 */
export function updateTransferSpeed(speed: TransferSpeed, sentBytes: number, atMs: number): TransferSpeed {
  const seconds = (atMs - speed.atMs) / 1000
  if (sentBytes < speed.sentBytes) return startTransferSpeed(sentBytes, atMs)
  if (seconds <= 0) return speed
  const current = (sentBytes - speed.sentBytes) / seconds
  const weight = 1 - Math.exp(-seconds / MEMORY_SECONDS)
  const before = speed.bytesPerSecond
  return { atMs, sentBytes, bytesPerSecond: before === null ? current : before + weight * (current - before) }
}

/** Seconds until the rest is sent, or null while that cannot be told. */
export function estimateSecondsLeft(speed: TransferSpeed, sizeBytes: number): number | null {
  if (speed.bytesPerSecond === null || speed.bytesPerSecond < 1) return null
  return (sizeBytes - speed.sentBytes) / speed.bytesPerSecond
}
