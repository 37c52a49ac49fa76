'use client'

import { cloneElement, type ReactElement, type ReactNode, Suspense, useState } from 'react'

interface ButtonHandlers {
  onPointerEnter?: () => void
  onFocus?: () => void
  onClick?: () => void
}

/**
 * A menu whose code (a fifth of all script on the home page) comes when somebody reaches for its button. Until it is
 * pressed the button stands alone; then `menu` takes it over as its trigger, and opens.
 */
export function LazyMenu({
  load,
  button,
  menu,
}: {
  load: () => Promise<unknown>
  button: ReactElement<ButtonHandlers>
  menu: (trigger: ReactNode) => ReactNode
}) {
  const [wanted, setWanted] = useState(false)
  const prepare = () => {
    // What fails here is tried again, and shown, when the button is pressed.
    load().catch(() => {})
  }
  if (wanted) return <Suspense fallback={button}>{menu(button)}</Suspense>
  return cloneElement(button, {
    onPointerEnter: prepare,
    onFocus: prepare,
    onClick: () => setWanted(true),
  })
}
