'use client'

import { type ReactNode, useState } from 'react'
import { errorSentence } from '../api-client'
import { Button } from './button'
import styles from './confirm-dialog.module.css'
import { Modal } from './modal'
import { Notice } from './notice'

/** Asks before something that cannot be undone, and stays open with the reason when it fails. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  children,
  confirmLabel,
  onConfirm,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  children: ReactNode
  confirmLabel: string
  onConfirm: () => Promise<void>
}) {
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<string | null>(null)

  async function confirm() {
    setPending(true)
    setError(null)
    try {
      await onConfirm()
      onOpenChange(false)
    } catch (caught) {
      setError(errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  return (
    <Modal open={open} onOpenChange={onOpenChange} title={title} description={children}>
      {error && <Notice tone="bad">{error}</Notice>}
      <div className={styles.actions}>
        <Button onClick={() => onOpenChange(false)}>Keep it</Button>
        <Button tone="danger" pending={pending} onClick={confirm}>
          {confirmLabel}
        </Button>
      </div>
    </Modal>
  )
}
