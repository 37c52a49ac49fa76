/** So many wait for each other at most: a turn with very many requests is to keep none of their readers waiting. */
const WAITING_MAX = 64

let waiting: (() => void)[] = []

/**
 * Sends a small answer together with those of other readers whose requests have come in by now: at the end of this turn of the event
 * loop. Sent one by one, each finds its reader asleep again, and waking it costs the kernel more than the bytes.
 * @param send must not throw
 */
export function sendTogether(send: () => void): void {
  waiting.push(send)
  if (waiting.length === 1) setImmediate(sendAll)
  else if (waiting.length >= WAITING_MAX) sendAll()
}

function sendAll(): void {
  const sends = waiting
  waiting = []
  for (const send of sends) send()
}
