'use client'

import { useEffect, useEffectEvent } from 'react'

/**
 * Runs `task` every `intervalMs` while `active`, never two at once. A hidden page polls a tenth as often, and at
 * once when it is shown again.
 */
export function usePolling(
  task: (signal: AbortSignal) => Promise<void>,
  intervalMs: number,
  active: boolean,
): void {
  const run = useEffectEvent(task)
  useEffect(() => {
    if (!active) return
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    let busy = false

    async function tick() {
      if (busy) return
      busy = true
      clearTimeout(timer)
      await run(controller.signal).catch(() => {
        // The task shows its own failures; the next turn tries again.
      })
      busy = false
      if (!controller.signal.aborted) timer = setTimeout(tick, document.hidden ? intervalMs * 10 : intervalMs)
    }
    function onVisible() {
      if (!document.hidden) void tick()
    }

    timer = setTimeout(tick, intervalMs)
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      controller.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [intervalMs, active])
}
