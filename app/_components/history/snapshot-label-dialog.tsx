'use client'

import type { SnapshotView } from '#lib/domain/snapshot-view'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { TextField } from '../controls/field'
import { Modal } from '../controls/modal'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useSubmit } from '../controls/use-submit'
import styles from './history.module.css'

/** Names a snapshot, or takes a new one (`snapshot` is null) with a name if one is given. */
export function SnapshotLabelDialog({
  path,
  snapshot,
  onClose,
  onSaved,
}: {
  path: string
  snapshot: SnapshotView | null
  onClose: () => void
  onSaved: () => void
}) {
  const { onSubmit, pending, error, fields } = useSubmit(async ({ label = '' }) => {
    const body = { label: label.trim() || null }
    if (snapshot === null) await callApi(path, { method: 'POST', body })
    else await callApi(`${path}/${snapshot.name}`, { method: 'PATCH', body })
    showToast('good', snapshot === null ? 'The video is kept as it is now.' : 'The name is saved.')
    onSaved()
    onClose()
  })

  return (
    <Modal
      open
      onOpenChange={(open) => !open && onClose()}
      title={snapshot === null ? 'Keep the video as it is now' : 'Name this snapshot'}
    >
      <form onSubmit={onSubmit} className={styles.form}>
        {error && !fields.label && <Notice tone="bad">{error}</Notice>}
        <TextField
          label="Name"
          name="label"
          defaultValue={snapshot?.label ?? ''}
          maxLength={100}
          hint="One with a name stays until somebody deletes it. Leave it empty for none."
          error={fields.label}
        />
        <div className={styles.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" pending={pending}>
            {snapshot === null ? 'Keep it' : 'Save name'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
