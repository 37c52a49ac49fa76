'use client'

import Link from 'next/link'
import { useState } from 'react'
import { formatPercent, plural } from '#lib/domain/format'
import { describeProof } from '#lib/domain/proof-view'
import type { StorageView } from '#lib/domain/storage-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { showToast } from '../controls/toast-store'
import styles from './admin-storage.module.css'

/** How far the verifying of all videos is, and those that are not played because they are damaged. */
export function StorageProofs({ proofs, onAsked }: { proofs: StorageView['proofs']; onAsked: () => void }) {
  const [pending, setPending] = useState(false)
  const { videoCount, verifiedCount, pendingCount, oldestVerifiedAt, reading, quarantined } = proofs

  async function verifyAll() {
    setPending(true)
    try {
      await callApi('/api/admin/storage/verify', { method: 'POST', body: {} })
      showToast('good', 'All videos will be verified, one after the other.')
      onAsked()
    } catch (caught) {
      showToast('bad', errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  return (
    <section className={styles.panel} aria-labelledby="proof">
      <h2 id="proof">Verified videos</h2>
      <p>
        {verifiedCount} of {plural(videoCount, 'published video')} were read whole and found as published.
        {oldestVerifiedAt !== null &&
          ` The one that was longest not looked at: ${describeProof(oldestVerifiedAt, Date.now()).toLowerCase()}`}
        {pendingCount > 0 && ` ${plural(pendingCount, 'video')} waiting.`}
        {reading !== null && ` Reading one now · ${formatPercent(reading.progress)}.`}
      </p>
      {quarantined.length > 0 && (
        <ul className={styles.list}>
          {quarantined.map(({ id, title, sentence }) => (
            <li key={id}>
              <Link href={`/studio/${id}/history`}>{title}</Link>: {sentence}
            </li>
          ))}
        </ul>
      )}
      <div className={styles.actions}>
        <Button icon="shield" pending={pending} disabled={pendingCount >= videoCount} onClick={verifyAll}>
          Verify all videos
        </Button>
      </div>
    </section>
  )
}
