'use client'

import { type FocusEvent, type PointerEvent, useEffect, useRef, useState } from 'react'

/** Passing over a grid on the way elsewhere is no wish to see anything. */
const INTENT_MS = 350

/**
 * Whether the clip of a card is to be shown: after the pointer rested on it or the keyboard's focus came to it. Never
 * for touch, nor for those who asked for less motion or less data. Nothing is fetched before.
 */
export function useHoverPreview(): {
  active: boolean
  handlers: {
    onPointerEnter: (event: PointerEvent) => void
    onPointerLeave: () => void
    onFocus: (event: FocusEvent) => void
    onBlur: () => void
  }
} {
  const [active, setActive] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  function stop() {
    if (timer.current !== null) clearTimeout(timer.current)
    timer.current = null
    setActive(false)
  }
  function start() {
    if (timer.current !== null || !mayMove()) return
    timer.current = setTimeout(() => setActive(true), INTENT_MS)
  }
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current)
    },
    [],
  )
  return {
    active,
    handlers: {
      onPointerEnter: (event) => event.pointerType === 'mouse' && start(),
      onPointerLeave: stop,
      // A click focuses the link too; only the keyboard's focus is visible.
      onFocus: (event) => event.target.matches(':focus-visible') && start(),
      onBlur: stop,
    },
  }
}

function mayMove(): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } }
  return !connection?.saveData && !window.matchMedia('(prefers-reduced-motion: reduce)').matches
}
