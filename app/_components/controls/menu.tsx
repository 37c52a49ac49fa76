'use client'

import Link from 'next/link'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon'
import styles from './menu.module.css'

/** A menu that opens from its trigger, which must be a button. */
export function Menu({
  trigger,
  defaultOpen = false,
  children,
}: {
  trigger: ReactNode
  defaultOpen?: boolean
  children: ReactNode
}) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen={defaultOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={8} collisionPadding={12}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/** An entry that does something. */
export function MenuItem({
  icon,
  danger,
  disabled,
  onSelect,
  children,
}: {
  icon: IconName
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
  children: ReactNode
}) {
  return (
    <DropdownMenu.Item
      className={`${styles.item} ${danger ? styles.danger : ''}`}
      disabled={disabled}
      onSelect={() => afterClosing(onSelect)}
    >
      <Icon name={icon} />
      {children}
    </DropdownMenu.Item>
  )
}

/** An entry that goes to a page. */
export function MenuLink({ icon, href, children }: { icon: IconName; href: string; children: ReactNode }) {
  return (
    <DropdownMenu.Item asChild className={styles.item}>
      <Link href={href}>
        <Icon name={icon} />
        {children}
      </Link>
    </DropdownMenu.Item>
  )
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className={styles.separator} />
}

/**
 * A dialog that opens from a menu must find the focus back on the menu's button, to return it there in the end; the
 * closing menu puts it there in a timer of its own.
 */
function afterClosing(action: () => void): void {
  requestAnimationFrame(() => setTimeout(action))
}
