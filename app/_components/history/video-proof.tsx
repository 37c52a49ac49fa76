'use client'

import { useState } from 'react'
import { formatPercent } from '#lib/domain/format'
import { describeProof, type ProofView } from '#lib/domain/proof-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { LoadState } from '../controls/load-state'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'
import styles from './history.module.css'

/** Whether every byte of the video is proved to be as published; and the way back when it is damaged. */
export function VideoProof({ videoId, onRestored }: { videoId: string; onRestored: () => void }) {
  const path = `/api/videos/${videoId}/proof`
  const { data, setData, error, reload } = useResource<ProofView>(path, { everyMs: 5_000 })
  const [pending, setPending] = useState(false)

  async function act(work: () => Promise<void>) {
    setPending(true)
    try {
      await work()
    } catch (caught) {
      showToast('bad', errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  const verify = () => act(async () => setData(await callApi<ProofView>(path, { method: 'POST', body: {} })))
  const restore = (name: string) =>
    act(async () => {
      await callApi(`/api/videos/${videoId}/snapshots/${name}/restore`, {
        method: 'POST',
        body: { what: 'all' },
      })
      showToast('good', 'The earlier version was restored.')
      reload()
      onRestored()
    })

  if (data === null) return <LoadState data={data} error={error} onRetry={reload} label="Loading its proof" />
  const isDamaged = data.verdict === 'quarantined' || data.verdict === 'reencoding'
  const [newest] = data.restores
  return (
    <>
      <div className={styles.top}>
        <p aria-live="polite">
          {data.progress !== null
            ? `Reading it from the disk · ${formatPercent(data.progress)}`
            : data.pending
              ? 'It is read from the disk soon, and compared with what was published.'
              : isDamaged
                ? 'It was read from the disk, and is damaged.'
                : describeProof(data.verifiedAt, Date.now())}
        </p>
        <div className={styles.actions}>
          <Button icon="shield" pending={pending} disabled={data.pending} onClick={verify}>
            Verify now
          </Button>
        </div>
      </div>
      {data.sentence !== '' && (
        <Notice
          tone={isDamaged ? 'bad' : 'info'}
          action={
            newest && (
              <Button tone="primary" icon="undo" pending={pending} onClick={() => restore(newest.name)}>
                Restore the version of {new Date(newest.createdAt).toLocaleDateString()}
              </Button>
            )
          }
        >
          {data.sentence}
          {data.verdict === 'quarantined' &&
            data.canReencode &&
            ' Its original is still here, too: encode it anew on the page before this.'}
        </Notice>
      )}
    </>
  )
}
