const DELAYS_MS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000]
/** Whoever asks for longer is not waited for without a look now and then. */
const ASKED_MS_MAX = 15 * 60_000

/**
 * How long to wait before trying again: at once after the first failure, then ever longer, up to half a minute, spread by
 * a quarter so that the pages of a whole office do not all come back in the same second. What a server asks for with
 * `Retry-After` is the least.
 * @param attempt counts from 0 since something last got through
 * @param retryAfter the header, in seconds (RFC 9110, 10.2.3); a date is taken for no answer
 * @param random in [0, 1)
 */
export function planRetryDelayMs(attempt: number, retryAfter: string | undefined, random: number): number {
  const ownMs = (DELAYS_MS[Math.min(attempt, DELAYS_MS.length - 1)] ?? 0) * (0.75 + random / 2)
  const asked = Number(retryAfter)
  const askedMs = Number.isFinite(asked) && asked > 0 ? Math.min(asked * 1000, ASKED_MS_MAX) : 0
  return Math.round(Math.max(ownMs, askedMs))
}
