'use client'

import { useEffect, useRef, useState } from 'react'
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
  // How often another copy was brought: one that was asked for before that may be older.
  const copies = useRef(0)
  function show(copy: VideoView) {
    copies.current += 1
    setVideo(copy)
  }
  // The page around may bring a newer copy.
  useEffect(() => {
    copies.current += 1
    setVideo(initial)
  }, [initial])

  useUndone((undone) => {
    if (undone.id !== video.id) return
    show(undone)
    setGone(false)
  })

  usePolling(
    async (signal) => {
      try {
        const asked = copies.current
        const copy = await callApi<VideoView>(`/api/videos/${video.id}`, { signal })
        if (copies.current === asked) setVideo(copy)
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) setGone(true)
      }
    },
    1000,
    isMoving(video) && !gone,
  )
  return { video, setVideo: show, gone }
}
