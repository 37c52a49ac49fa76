'use client'

import { lazy } from 'react'
import type { Viewer } from '#lib/domain/permissions'
import { LazyMenu } from '../controls/lazy-menu'
import styles from './account-menu.module.css'
import type { Theme } from './theme'

const loadPanel = () => import('./account-menu-panel')
const AccountMenuPanel = lazy(loadPanel)

/** The button with the initials of whoever is signed in, and the menu behind it. */
export function AccountMenu({ viewer, theme }: { viewer: Viewer; theme: Theme }) {
  return (
    <LazyMenu
      load={loadPanel}
      button={
        <button
          type="button"
          className={styles.avatar}
          aria-label={`Account of ${viewer.name}`}
          aria-haspopup="menu"
          // A picture made of letters, and no text to be read out or to be searched for.
          data-initials={initials(viewer.name)}
        />
      }
      menu={(trigger) => <AccountMenuPanel viewer={viewer} theme={theme} trigger={trigger} />}
    />
  )
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return (
    letters
      .map((word) => Array.from(word ?? '')[0] ?? '')
      .join('')
      .toUpperCase() || '?'
  )
}
