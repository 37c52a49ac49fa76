'use client'

import type { ReactNode } from 'react'
import { Menu } from '../controls/menu'
import type { Theme } from './theme'
import { ThemeChoice } from './theme-choice'

export default function ThemeMenuPanel({ theme, trigger }: { theme: Theme; trigger: ReactNode }) {
  return (
    <Menu trigger={trigger} defaultOpen>
      <ThemeChoice theme={theme} />
    </Menu>
  )
}
