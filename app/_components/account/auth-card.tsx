import type { ReactNode } from 'react'
import { Logo } from '../shell/logo'
import styles from './auth-card.module.css'

/** The frame of the pages on which one comes in: sign in, register, first run. */
export function AuthCard({
  title,
  lead,
  children,
}: {
  title: string
  lead?: ReactNode
  children: ReactNode
}) {
  return (
    <div className={styles.page}>
      <section className={styles.card} aria-labelledby="auth-title">
        <Logo size={44} />
        <div>
          <h1 id="auth-title">{title}</h1>
          {lead && <div className={styles.lead}>{lead}</div>}
        </div>
        {children}
      </section>
    </div>
  )
}
