import type { ServerResponse } from 'node:http'

const STALL_MS_MAX = 30_000
const IDLE_MS_MAX = 120_000

/**
 * Cuts the connection of a reader that takes no byte of an answer for 30 s; one that is slow but takes some is left
 * alone. Without it a stalled reader holds its memory and keeps the server from stopping. While no byte waits to be
 * taken, because the handler is thinking or the request still comes in, silence may last 120 s. Ends with the answer.
 *
 * Node's socket timer looks whether the queue has moved since it last looked, so a stall shows on the second look at
 * the latest: half the time each.
 */
export function cutStalledReader(
  res: ServerResponse,
  options: { stallMs?: number; idleMs?: number } = {},
): void {
  const { stallMs = STALL_MS_MAX, idleMs = IDLE_MS_MAX } = options
  const lookMs = stallMs / 2
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let silentMs = 0
  res.setTimeout(lookMs, () => {
    const nowMs = performance.now()
    // A look later than the last one by more than its period means that something moved in between.
    silentMs = nowMs - lookedAtMs < lookMs * 1.5 ? silentMs + lookMs : lookMs
    lookedAtMs = nowMs
    const isWaiting = res.socket !== null && res.socket.writableLength === 0
    if (isWaiting && silentMs < idleMs) res.socket?.setTimeout(lookMs)
    else res.destroy()
  })
}
