'use client'

import { useState } from 'react'
import type { JobView } from '#lib/domain/job-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { showToast } from '../controls/toast-store'
import styles from './job-list.module.css'

/** What an administrator can do about a job: put it back into the queue, pause its video, cancel it. */
export function JobActions({ job, onChange }: { job: JobView; onChange: () => void }) {
  const [pending, setPending] = useState(false)
  const isOpen = job.state === 'running' || job.state === 'queued'
  const hasEndedBadly = job.state === 'failed' || job.state === 'cancelled'
  const mayGoBack = job.state === 'running' || (job.state === 'queued' && job.attempts > 0)

  async function act(method: 'POST' | 'PATCH', path: string, body: object, done: string) {
    setPending(true)
    try {
      await callApi(path, { method, body })
      showToast('good', done)
      onChange()
    } catch (error) {
      showToast('bad', errorSentence(error))
    } finally {
      setPending(false)
    }
  }
  const retry = () => act('POST', `/api/jobs/${job.id}/retry`, {}, 'The job is in the queue again.')
  const cancel = () => act('POST', `/api/jobs/${job.id}/cancel`, {}, 'The job was cancelled.')
  const pause = () =>
    act(
      'PATCH',
      '/api/admin/queue',
      { paused: true, videoId: job.video.id },
      'The work on this video is paused. Resume it above.',
    )

  if (job.kind === 'delete' || !(isOpen || hasEndedBadly)) return null
  return (
    <div className={styles.actions}>
      {(hasEndedBadly || mayGoBack) && (
        <Button icon="retry" pending={pending} onClick={retry}>
          {hasEndedBadly ? 'Retry' : 'Put back'}
        </Button>
      )}
      {isOpen && (
        <Button pending={pending} onClick={pause}>
          Pause video
        </Button>
      )}
      {isOpen && (
        <Button icon="close" pending={pending} onClick={cancel}>
          Cancel
        </Button>
      )}
    </div>
  )
}
