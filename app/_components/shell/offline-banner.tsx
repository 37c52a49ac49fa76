'use client'

import { useSyncExternalStore } from 'react'
import { Icon } from '../controls/icon'
import styles from './offline-banner.module.css'
import { useOfflineGuard } from './use-offline-guard'

/** Says that the browser has lost its network, for as long as it has, and keeps this page until it is back. */
export function OfflineBanner() {
  useOfflineGuard()
  const online = useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  )
  return (
    <div role="status">
      {!online && (
        <p className={styles.banner}>
          <Icon name="offline" size={18} />
          You are offline. Uploads wait and go on by themselves once you are back.
        </p>
      )}
    </div>
  )
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}
