'use client'

import { useStore } from '../controls/create-store'
import { Icon } from '../controls/icon'
import styles from './offline-banner.module.css'
import { sessionEndedStore } from './session-ended'

/** Says that the session is over when something was to be saved; in another tab, so that nothing typed here is lost. */
export function SessionBanner() {
  const ended = useStore(sessionEndedStore)
  return (
    <div role="alert">
      {ended && (
        <p className={styles.banner}>
          <Icon name="lock" size={18} />
          <span>
            Your session has ended. What you typed is still here:{' '}
            <a
              href="/login"
              target="_blank"
              onClick={() => sessionEndedStore.set(() => false)}
              rel="noopener"
            >
              sign in in another tab
            </a>
            , come back and try again.
          </span>
        </p>
      )}
    </div>
  )
}
