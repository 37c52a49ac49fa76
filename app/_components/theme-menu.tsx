'use client'

import { Button } from './button'
import { Menu } from './menu'
import type { Theme } from './theme'
import { ThemeChoice } from './theme-choice'

/** The theme choice for people who are not signed in. */
export function ThemeMenu({ theme }: { theme: Theme }) {
  return (
    <Menu
      trigger={
        <Button tone="ghost" icon="sun" iconOnly>
          Theme
        </Button>
      }
    >
      <ThemeChoice theme={theme} />
    </Menu>
  )
}
