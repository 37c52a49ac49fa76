import type { Readable } from 'node:stream'

const DISCARD_MS = 60_000

/**
 * Reads and drops what is left of a body, for a minute and `bytesMax` at most. A client that is refused may still be
 * sending; cutting its connection at once would show it a network error instead of the reason.
 */
export function discardRest(body: Readable, bytesMax = Number.POSITIVE_INFINITY): void {
  if (body.readableEnded || body.destroyed) return
  let leftBytes = bytesMax
  body.on('data', (bytes: Buffer) => {
    leftBytes -= bytes.length
    if (leftBytes < 0) body.destroy()
  })
  const timer = setTimeout(() => body.destroy(), DISCARD_MS).unref()
  body.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
  body.on('error', () => {}) // the client left; nobody is waiting for these bytes
  body.resume()
}
