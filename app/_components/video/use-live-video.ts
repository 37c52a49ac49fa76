'use client'

import { useEffect, useState } from 'react'
import type { VideoView } from '#lib/domain/video-view'
import { ApiError, callApi } from '../api-client'
import { usePolling } from '../controls/use-polling'
import { useUndone } from './undo-change'

/** Whether more is going to happen to a video by itself. */
export function isMoving(video: VideoView): boolean {
  return video.state === 'ingesting' || video.state === 'transcoding' || video.state === 'uploading'
}

/** A video that follows its progress about once a second until it is ready or failed. `gone` when it was deleted. */
export function useLiveVideo(initial: VideoView) {
  const [video, setVideo] = useState(initial)
  const [gone, setGone] = useState(false)
  // The page around may bring a newer copy.
  useEffect(() => setVideo(initial), [initial])

  useUndone((undone) => {
    if (undone.id !== video.id) return
    setVideo(undone)
    setGone(false)
  })

  usePolling(
    async (signal) => {
      try {
        setVideo(await callApi<VideoView>(`/api/videos/${video.id}`, { signal }))
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) setGone(true)
      }
    },
    1000,
    isMoving(video) && !gone,
  )
  return { video, setVideo, gone }
}
