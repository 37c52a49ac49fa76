const LOOK_MS = 5_000
/** Timers of a page in the background may come a minute late; sleep is longer, or does no harm. */
const GAP_MS = 75_000

/**
 * Calls `onWake` when the machine has slept: time has passed and no timer ran. What was under way then is dead, though
 * nobody has said so.
 */
export function watchWake(onWake: () => void): void {
  let seenAtMs = Date.now()
  setInterval(() => {
    const nowMs = Date.now()
    const slept = nowMs - seenAtMs > GAP_MS
    seenAtMs = nowMs
    if (slept) onWake()
  }, LOOK_MS)
}
