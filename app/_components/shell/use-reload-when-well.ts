'use client'

import { useEffect } from 'react'

const CHECK_MS = 3000
const RELOAD_EVERY_MS = 30_000
const RELOADED_AT = 'peekr:reloaded-at'

/**
 * Reloads the page as soon as the server is well, on a page that failed, mostly because it was not. At most twice a
 * minute: a page that fails on a server that is well must not reload for ever.
 */
export function useReloadWhenWell(): void {
  useEffect(() => {
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout>

    async function check() {
      const well = await fetch('/api/health', { cache: 'no-store', signal: controller.signal }).then(
        (response) => response.ok,
        () => false,
      )
      if (controller.signal.aborted) return
      if (well && mayReload()) window.location.reload()
      else timer = setTimeout(check, CHECK_MS)
    }

    void check()
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [])
}

function mayReload(): boolean {
  const before = Number(sessionStorage.getItem(RELOADED_AT) ?? 0)
  if (Date.now() - before < RELOAD_EVERY_MS) return false
  sessionStorage.setItem(RELOADED_AT, String(Date.now()))
  return true
}
