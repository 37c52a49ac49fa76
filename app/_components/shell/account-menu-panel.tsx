'use client'

import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { canAdminister, canUpload, type Viewer } from '#lib/domain/permissions'
import { signOut } from '../account/session-client'
import { errorSentence } from '../api-client'
import { Menu, MenuItem, MenuLink, MenuSeparator } from '../controls/menu'
import { showToast } from '../controls/toast-store'
import styles from './account-menu.module.css'
import type { Theme } from './theme'
import { ThemeChoice } from './theme-choice'

/** Who is signed in, where they can go, the theme, and the way out. */
export default function AccountMenuPanel({
  viewer,
  theme,
  trigger,
}: {
  viewer: Viewer
  theme: Theme
  trigger: ReactNode
}) {
  const [leaving, setLeaving] = useState(false)

  async function leave() {
    setLeaving(true)
    await signOut().catch((error: unknown) => {
      setLeaving(false)
      showToast('bad', errorSentence(error))
    })
  }

  return (
    <Menu trigger={trigger} defaultOpen>
      <DropdownMenu.Label className={styles.who}>
        <strong>{viewer.name}</strong>
        <span>{viewer.email}</span>
      </DropdownMenu.Label>
      <MenuSeparator />
      {canUpload(viewer) && (
        <MenuLink icon="film" href="/studio">
          My videos
        </MenuLink>
      )}
      {canAdminister(viewer) && (
        <MenuLink icon="shield" href="/admin">
          Administration
        </MenuLink>
      )}
      <MenuLink icon="user" href="/account">
        Account
      </MenuLink>
      <MenuSeparator />
      <ThemeChoice theme={theme} />
      <MenuSeparator />
      <MenuItem icon="logout" disabled={leaving} onSelect={leave}>
        Sign out
      </MenuItem>
    </Menu>
  )
}
