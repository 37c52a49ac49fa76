'use client'

import { useState } from 'react'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'

interface QueueView {
  paused: boolean
  videoIds: string[]
}

/** Pauses and resumes the work on all videos. */
export function QueueSwitch() {
  const { data, reload } = useResource<QueueView>('/api/admin/queue')
  const [pending, setPending] = useState(false)
  if (!data) return null

  async function change(body: { paused: boolean; videoId?: string }) {
    setPending(true)
    try {
      await callApi('/api/admin/queue', { method: 'PATCH', body })
      reload()
    } catch (error) {
      showToast('bad', errorSentence(error))
    } finally {
      setPending(false)
    }
  }

  async function resumeVideos(videoIds: string[]) {
    for (const videoId of videoIds) await change({ paused: false, videoId })
  }

  if (!data.paused && data.videoIds.length === 0) {
    return (
      <div>
        <Button pending={pending} onClick={() => change({ paused: true })}>
          Pause all work
        </Button>
      </div>
    )
  }
  return (
    <Notice
      tone="warn"
      action={
        <Button
          pending={pending}
          onClick={() => (data.paused ? change({ paused: false }) : resumeVideos(data.videoIds))}
        >
          Resume
        </Button>
      }
    >
      {data.paused
        ? 'The work on videos is paused. Uploads arrive and wait; what was half-done goes on from its last whole unit.'
        : `The work on ${data.videoIds.length === 1 ? 'one video' : `${data.videoIds.length} videos`} is paused.`}
    </Notice>
  )
}
