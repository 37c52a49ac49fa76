'use client'

import { Toast } from 'radix-ui'
import { useStore } from './create-store'
import { Icon } from './icon'
import { dismissToast, toastStore } from './toast-store'
import styles from './toaster.module.css'

/** The corner where toasts appear; once per page. */
export function Toaster() {
  const toasts = useStore(toastStore)
  return (
    <Toast.Provider duration={6000} swipeDirection="right" label="Message">
      {toasts.map((toast) => (
        <Toast.Root
          key={toast.id}
          className={`${styles.toast} ${styles[toast.tone]}`}
          onOpenChange={(open) => !open && dismissToast(toast.id)}
        >
          <Icon name={toast.tone === 'good' ? 'check' : 'alert'} />
          <Toast.Description className={styles.text}>{toast.text}</Toast.Description>
          <Toast.Close className={styles.close} aria-label="Dismiss">
            <Icon name="close" size={16} />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className={styles.viewport} />
    </Toast.Provider>
  )
}
