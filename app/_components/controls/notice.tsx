import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon'
import styles from './notice.module.css'

const ICONS = { bad: 'alert', warn: 'alert', good: 'check', info: 'spark' } as const satisfies Record<
  string,
  IconName
>

/** A sentence set apart, with an action when there is something to do about it. Errors are announced at once. */
export function Notice({
  tone = 'info',
  children,
  action,
}: {
  tone?: keyof typeof ICONS
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className={`${styles.notice} ${styles[tone]}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={ICONS[tone]} />
      <div className={styles.text}>{children}</div>
      {action}
    </div>
  )
}
