'use client'

import { useEffect, useState } from 'react'
import { errorSentence } from '../api-client'
import { Button } from './button'
import { useStore } from './create-store'
import { Icon } from './icon'
import { dismissToast, showToast, type ToastAction, type ToastMessage, toastStore } from './toast-store'
import styles from './toaster.module.css'

const SHOWN_MS = 7000
/** With something to decide about. While the pointer or the focus is on it, it stays. */
const SHOWN_WITH_ACTION_MS = 15_000

/**
 * The corner where toasts appear; once per page. A live region of our own: Radix's would be a tenth of all script
 * on the home page.
 */
export function Toaster() {
  const toasts = useStore(toastStore)
  return (
    <section className={styles.viewport} aria-label="Messages" aria-live="polite">
      {toasts.map((toast) => (
        <Toast key={toast.id} toast={toast} />
      ))}
    </section>
  )
}

function Toast({ toast }: { toast: ToastMessage }) {
  const { id, action } = toast
  const [pending, setPending] = useState(false)
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (pending || held) return
    const timer = setTimeout(() => dismissToast(id), action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)
    return () => clearTimeout(timer)
  }, [id, action, pending, held])

  async function act({ run }: ToastAction) {
    setPending(true)
    try {
      await run()
    } catch (error) {
      showToast('bad', errorSentence(error))
    }
    dismissToast(id)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only keeps it from going away
    <div
      className={`${styles.toast} ${styles[toast.tone]}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon name={toast.tone === 'good' ? 'check' : 'alert'} />
      <p className={styles.text}>{toast.text}</p>
      {action && (
        <Button tone="ghost" pending={pending} onClick={() => act(action)}>
          {action.label}
        </Button>
      )}
      <button
        type="button"
        className={styles.close}
        aria-label="Dismiss"
        onClick={() => dismissToast(toast.id)}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  )
}
