import type { ReactNode } from 'react'
import styles from './empty-state.module.css'
import { Icon, type IconName } from './icon'

/** What a page shows when it has nothing to show: what it is, why, and the way on. */
export function EmptyState({
  icon,
  title,
  children,
  actions,
  as: Heading = 'h2',
}: {
  icon: IconName
  title: string
  children?: ReactNode
  actions?: ReactNode
  as?: 'h1' | 'h2'
}) {
  return (
    <div className={styles.empty}>
      <span className={styles.badge}>
        <Icon name={icon} size={30} />
      </span>
      <Heading className={styles.title}>{title}</Heading>
      {children && <div className={styles.text}>{children}</div>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
