import type { ServerResponse } from 'node:http'

const STALL_MS_MAX = 30_000

/**
 * Cuts the connection of a reader that takes no byte of an answer for 30 s; one that is slow but takes some is left
 * alone. Without it a stalled reader holds its memory and keeps the server from stopping. Call it once an answer is
 * being written; it ends by itself with the answer.
 *
 * Node's socket timer looks whether the queue has moved since it last looked, so a stall shows on the second look at
 * the latest: half the time each.
 */
export function cutStalledReader(res: ServerResponse, options: { stallMs?: number } = {}): void {
  const { stallMs = STALL_MS_MAX } = options
  res.setTimeout(stallMs / 2, () => {
    const socket = res.socket
    // Nothing waits to be taken: the handler is still thinking, which is not the reader's fault.
    if (socket !== null && socket.writableLength === 0) return
    res.destroy()
  })
}
