import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

/** A browser opens six connections to one server; this leaves as many for those that died without a word. */
const BODIES_MAX = 12
const RETRY_SECONDS = 2

/**
 * Runs work that receives a body, when its sender has few enough of them under way here. Each keeps some megabytes of memory
 * while it runs, and one that stands still runs for a minute: one account must not take them all.
 * @throws too_many_attempts with the time to wait
 */
export async function withBodySlot<T>(userId: string, work: () => Promise<T>): Promise<T> {
  const counts = singleton('upload.bodies', () => new Map<string, number>())
  const count = counts.get(userId) ?? 0
  if (count >= BODIES_MAX) {
    throw new PeekrError('too_many_attempts', {
      message: `Your account is sending ${BODIES_MAX} requests at once, which is as many as it may. This upload goes on when one of them has ended.`,
      details: { retryAfterSeconds: RETRY_SECONDS },
    })
  }
  counts.set(userId, count + 1)
  try {
    return await work()
  } finally {
    const left = (counts.get(userId) ?? 1) - 1
    if (left > 0) counts.set(userId, left)
    else counts.delete(userId)
  }
}
