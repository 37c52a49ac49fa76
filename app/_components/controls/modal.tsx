'use client'

import { Dialog } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { Icon } from './icon'
import styles from './modal.module.css'

/** A dialog over the page. Focus moves in, stays in, and returns to where it was. */
export function Modal({
  open,
  onOpenChange,
  title,
  description,
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: ReactNode
  children: ReactNode
}) {
  const opener = useRef<Element | null>(null)
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.overlay}>
          <Dialog.Content
            className={styles.content}
            onOpenAutoFocus={() => {
              opener.current = document.activeElement
            }}
            // Radix returns the focus to its own trigger only, and dialogs here are opened by state.
            onCloseAutoFocus={(event) => {
              event.preventDefault()
              if (opener.current instanceof HTMLElement) opener.current.focus()
            }}
            {...(description ? {} : { 'aria-describedby': undefined })}
          >
            {/* The way out comes last, so that the focus starts in the first field. */}
            <header className={styles.header}>
              <Dialog.Title className={styles.title}>{title}</Dialog.Title>
            </header>
            {description && (
              <Dialog.Description asChild>
                <div className={styles.description}>{description}</div>
              </Dialog.Description>
            )}
            {children}
            <Dialog.Close className={styles.close} aria-label="Close">
              <Icon name="close" />
            </Dialog.Close>
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
