import { randomUUID } from 'node:crypto'

/** An id that a log line and an error answer share: the one given when it looks like one, else a new one. */
export function requestIdFrom(given: string | null | undefined): string {
  return given && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}
