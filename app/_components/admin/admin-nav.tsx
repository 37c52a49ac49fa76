'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { Icon, type IconName } from '../controls/icon'
import styles from './admin-nav.module.css'

const PAGES: { href: string; label: string; icon: IconName }[] = [
  { href: '/admin', label: 'Overview', icon: 'shield' },
  { href: '/admin/videos', label: 'Videos', icon: 'film' },
  { href: '/admin/bin', label: 'Bin', icon: 'trash' },
  { href: '/admin/users', label: 'Users', icon: 'users' },
  { href: '/admin/jobs', label: 'Jobs', icon: 'clock' },
  { href: '/admin/storage', label: 'Storage', icon: 'disk' },
  { href: '/admin/leaks', label: 'Leak test', icon: 'lock' },
  { href: '/admin/settings', label: 'Settings', icon: 'gear' },
]

/** The pages of the administration. */
export function AdminNav() {
  const path = usePathname()
  const current = useRef<HTMLAnchorElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a narrow screen the row scrolls with each page
  useEffect(() => current.current?.scrollIntoView({ block: 'nearest', inline: 'center' }), [path])
  return (
    <nav className={styles.nav} aria-label="Administration">
      {PAGES.map(({ href, label, icon }) => (
        <Link
          key={href}
          ref={path === href ? current : undefined}
          href={href}
          className={styles.link}
          aria-current={path === href ? 'page' : undefined}
        >
          <Icon name={icon} />
          {label}
        </Link>
      ))}
    </nav>
  )
}
