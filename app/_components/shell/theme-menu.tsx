'use client'

import { lazy } from 'react'
import { Button } from '../controls/button'
import { LazyMenu } from '../controls/lazy-menu'
import type { Theme } from './theme'

const loadPanel = () => import('./theme-menu-panel')
const ThemeMenuPanel = lazy(loadPanel)

/** The theme choice for people who are not signed in. */
export function ThemeMenu({ theme }: { theme: Theme }) {
  return (
    <LazyMenu
      load={loadPanel}
      button={
        <Button tone="ghost" icon="sun" iconOnly aria-haspopup="menu">
          Theme
        </Button>
      }
      menu={(trigger) => <ThemeMenuPanel theme={theme} trigger={trigger} />}
    />
  )
}
