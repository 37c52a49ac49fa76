'use client'

import { useEffect, useState } from 'react'
import { formatBytes, formatPercent } from '#lib/domain/format'
import { Button } from '../controls/button'
import { useStore } from '../controls/create-store'
import { Icon } from '../controls/icon'
import { showToast } from '../controls/toast-store'
import { findUnfinishedUploads, type UnfinishedUpload } from './find-unfinished-uploads'
import styles from './unfinished-uploads.module.css'
import { removeUploadRecord } from './upload-records'
import { uploadStore } from './upload-store'

/** Uploads that an earlier page began: choosing the same file again goes on where it stopped. */
export function UnfinishedUploads({ userId, onChoose }: { userId: string; onChoose: () => void }) {
  const [found, setFound] = useState<UnfinishedUpload[]>([])
  const items = useStore(uploadStore)

  useEffect(() => {
    const controller = new AbortController()
    findUnfinishedUploads(userId, controller.signal).then(setFound, () => {
      // The page was left, or the server is away: there is nothing to list then.
    })
    return () => controller.abort()
  }, [userId])

  async function discard({ uploadUrl, filename }: UnfinishedUpload) {
    const response = await fetch(uploadUrl, {
      method: 'DELETE',
      headers: { 'Tus-Resumable': '1.0.0' },
    }).catch(() => null)
    if (!response || (!response.ok && response.status !== 404 && response.status !== 410)) {
      showToast('bad', `“${filename}” could not be discarded. Try again in a moment.`)
      return
    }
    removeUploadRecord(uploadUrl)
    setFound((uploads) => uploads.filter((upload) => upload.uploadUrl !== uploadUrl))
  }

  const waiting = found.filter(
    (upload) =>
      !items.some((item) => item.filename === upload.filename && item.sizeBytes === upload.sizeBytes),
  )
  if (waiting.length === 0) return null
  return (
    <section aria-labelledby="unfinished" className={styles.section}>
      <h2 id="unfinished">Not finished yet</h2>
      <ul>
        {waiting.map((upload) => (
          <li key={upload.uploadUrl} className={styles.row}>
            <Icon name="clock" />
            <div className={styles.text}>
              <p>
                Choose <strong>{upload.filename}</strong> again to resume at {formatPercent(upload.fraction)}
              </p>
              <p className={styles.dim}>
                {formatBytes(upload.sizeBytes * upload.fraction)} of {formatBytes(upload.sizeBytes)} are
                stored already
              </p>
            </div>
            <Button onClick={onChoose}>Choose the file</Button>
            <Button tone="ghost" icon="trash" iconOnly onClick={() => discard(upload)}>
              {`Discard ${upload.filename}`}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
