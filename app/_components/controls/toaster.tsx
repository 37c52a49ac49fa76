'use client'

import { useEffect } from 'react'
import { useStore } from './create-store'
import { Icon } from './icon'
import { dismissToast, type ToastMessage, toastStore } from './toast-store'
import styles from './toaster.module.css'

const SHOWN_MS = 7000

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
  useEffect(() => {
    const timer = setTimeout(() => dismissToast(toast.id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [toast.id])

  return (
    <div className={`${styles.toast} ${styles[toast.tone]}`}>
      <Icon name={toast.tone === 'good' ? 'check' : 'alert'} />
      <p className={styles.text}>{toast.text}</p>
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
