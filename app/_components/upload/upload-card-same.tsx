'use client'

import { Button, ButtonLink } from '../controls/button'
import styles from './upload-card.module.css'
import type { UploadItem } from './upload-item'
import { resumeUpload } from './upload-queue'

/** What was found before a byte was sent: this file is a video already. Both ways are the uploader's. */
export function UploadCardSame({ item, same }: { item: UploadItem; same: NonNullable<UploadItem['same']> }) {
  return (
    <div className={styles.video} role="status">
      <p className={styles.waiting}>You have uploaded this file before, as “{same.title}”.</p>
      <ButtonLink href={`/watch/${same.id}`} tone="primary" icon="play">
        Watch that
      </ButtonLink>
      <Button icon="upload" onClick={() => resumeUpload(item.key)}>
        Upload it again
      </Button>
    </div>
  )
}
