'use client'

import { useEffect, useRef, useState } from 'react'
import { formatBytes, formatPercent } from '#lib/domain/format'
import { titleFromFilename } from '#lib/domain/video'
import { ApiError } from '../api-client'
import { Button } from '../controls/button'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { useStore } from '../controls/create-store'
import { Icon } from '../controls/icon'
import { findUnfinishedUploads, type UnfinishedUpload } from './find-unfinished-uploads'
import { readFingerprint } from './read-fingerprint'
import { deleteStored } from './stored-uploads'
import styles from './unfinished-uploads.module.css'
import { saveLeftDetails } from './upload-details'
import { addUploads } from './upload-queue'
import { findRecordOfFile, removeUploadRecord } from './upload-records'
import { uploadStore } from './upload-store'

/**
 * Uploads that an earlier page began, whose files the browser could not keep: choosing the same file again goes on where it
 * stopped. That it is the same is seen from its content, not from its name.
 * @param props.replaces shows only new files for this video
 */
export function UnfinishedUploads({ userId, replaces }: { userId: string; replaces?: string }) {
  const input = useRef<HTMLInputElement>(null)
  const wanted = useRef<UnfinishedUpload | null>(null)
  const [found, setFound] = useState<UnfinishedUpload[]>([])
  /** Said where the button is that must be pressed again: a toast would cover it on a phone. */
  const [problem, setProblem] = useState<{ key: string; text: string } | null>(null)
  const [discarding, setDiscarding] = useState<UnfinishedUpload | null>(null)
  const items = useStore(uploadStore)

  useEffect(() => {
    const controller = new AbortController()
    saveLeftDetails(userId)
    findUnfinishedUploads(userId, controller.signal).then(setFound, () => {
      // The page was left, or the server is away: there is nothing to list then.
    })
    return () => controller.abort()
  }, [userId])

  async function discard(upload: UnfinishedUpload) {
    await deleteStored(upload).catch(() => {
      throw new ApiError({
        status: 0,
        code: 'network',
        message: 'It could not be discarded. Try again in a moment.',
      })
    })
    removeUploadRecord(upload.key)
    setFound((uploads) => uploads.filter(({ key }) => key !== upload.key))
  }

  function choose(upload: UnfinishedUpload) {
    wanted.current = upload
    setProblem(null)
    input.current?.click()
  }

  async function resume(file: File | undefined) {
    const upload = wanted.current
    // So that choosing the same file again counts as a change.
    if (input.current) input.current.value = ''
    if (!file || upload === null) return
    const fingerprint = await readFingerprint(file).catch(() => null)
    if (fingerprint === upload.fingerprint) return addUploads([file], userId, upload.replaces)
    const text =
      fingerprint === null
        ? `“${file.name}” cannot be read. If it was moved or changed, choose it again.`
        : `“${file.name}” is not the file this upload began with: what is in it differs. Choose that one, or discard the upload.`
    setProblem({ key: upload.key, text })
  }

  const waiting = found.filter(
    ({ fingerprint, filename, sizeBytes, replaces: forVideo }) =>
      (replaces === undefined || replaces === forVideo) &&
      findRecordOfFile({ userId, fingerprint, replaces: forVideo }) !== null &&
      !items.some((item) => item.filename === filename && item.sizeBytes === sizeBytes),
  )
  if (waiting.length === 0) return null
  return (
    <section aria-labelledby="unfinished" className={styles.section}>
      <h2 id="unfinished">Not finished yet</h2>
      <input
        ref={input}
        type="file"
        className="visuallyHidden"
        tabIndex={-1}
        aria-label="The file to go on with"
        onChange={(event) => void resume(event.target.files?.[0])}
      />
      <ul>
        {waiting.map((upload) => (
          <li key={upload.key} className={styles.row}>
            <Icon name="clock" />
            <div className={styles.text}>
              <p>
                Choose <strong>{upload.filename}</strong> again to resume at{' '}
                <span className={styles.percent}>{formatPercent(upload.fraction)}</span>
                {upload.replaces && !replaces && <> as the new file of a video that you have</>}
                {upload.title !== titleFromFilename(upload.filename) && <> (“{upload.title}”)</>}
              </p>
              <p className={styles.dim}>
                {formatBytes(upload.sizeBytes * upload.fraction)} of {formatBytes(upload.sizeBytes)} are
                stored already
              </p>
              {problem?.key === upload.key && (
                <p className={styles.problem} role="alert">
                  {problem.text}
                </p>
              )}
            </div>
            <Button onClick={() => choose(upload)} aria-label={`Choose the file ${upload.filename}`}>
              Choose the file
            </Button>
            <Button tone="ghost" icon="trash" iconOnly onClick={() => setDiscarding(upload)}>
              {`Discard ${upload.filename}`}
            </Button>
          </li>
        ))}
      </ul>
      {discarding && (
        <ConfirmDialog
          open
          onOpenChange={() => setDiscarding(null)}
          title="Discard this upload?"
          confirmLabel="Discard"
          onConfirm={() => discard(discarding)}
        >
          {formatBytes(discarding.sizeBytes * discarding.fraction)} of <strong>{discarding.filename}</strong>{' '}
          are stored, and would have to be sent again.
        </ConfirmDialog>
      )}
    </section>
  )
}
