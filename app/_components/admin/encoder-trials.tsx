'use client'

import { useState } from 'react'
import type { EncodingTrial } from '#lib/domain/encoding'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { LoadState } from '../controls/load-state'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'
import styles from './encoder-trials.module.css'

const PATH = '/api/admin/encoders'

/** What of this machine really encodes, decodes and filters: each was tried for a second, and can be tried again. */
export function EncoderTrials() {
  const { data, error, reload, setData } = useResource<{ items: EncodingTrial[] }>(PATH)
  const [pending, setPending] = useState(false)

  async function tryAgain() {
    setPending(true)
    try {
      setData(await callApi<{ items: EncodingTrial[] }>(PATH, { method: 'POST', body: {} }))
    } catch (caught) {
      showToast('bad', errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  return (
    <>
      <LoadState data={data} error={error} onRetry={reload} label="Trying encoders" />
      {data && (
        <ul className={styles.list}>
          {data.items.map(({ name, works, sentence }) => (
            <li key={name} className={styles.trial}>
              <span className={works ? styles.good : styles.off}>{works ? 'Works' : 'Off'}</span>
              <span>
                <strong>{name}</strong>
                <span className={styles.sentence}>{sentence}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button icon="retry" pending={pending} onClick={tryAgain}>
          Test again
        </Button>
      </div>
    </>
  )
}
