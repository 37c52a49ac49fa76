'use client'

import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { Icon, type IconName } from '../controls/icon'
import { applyTheme, parseTheme, THEMES, type Theme } from './theme'
import styles from './theme-choice.module.css'

const LOOKS: Record<Theme, { label: string; icon: IconName }> = {
  system: { label: 'System', icon: 'monitor' },
  light: { label: 'Light', icon: 'sun' },
  dark: { label: 'Dark', icon: 'moon' },
}

/** The three themes as menu entries. */
export function ThemeChoice({ theme }: { theme: Theme }) {
  const [chosen, setChosen] = useState(theme)

  function choose(value: string) {
    const next = parseTheme(value)
    setChosen(next)
    applyTheme(next)
  }

  return (
    <DropdownMenu.RadioGroup
      value={chosen}
      onValueChange={choose}
      aria-label="Theme"
      className={styles.group}
    >
      {THEMES.map((value) => (
        <DropdownMenu.RadioItem
          key={value}
          value={value}
          className={styles.choice}
          onSelect={(event) => event.preventDefault()}
        >
          <Icon name={LOOKS[value].icon} />
          {LOOKS[value].label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}
