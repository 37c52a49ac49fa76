'use client'

import { useEffect, useEffectEvent } from 'react'
import type { Visibility } from '#lib/domain/video'
import type { VideoView } from '#lib/domain/video-view'
import { type ApiRequest, callApi } from '../api-client'
import { createStore } from '../controls/create-store'
import { showToast, type ToastAction } from '../controls/toast-store'

/** The video that a change was last taken back of, for whatever on the page shows it. */
const undoneStore = createStore<VideoView | null>(null)

/** Calls `onUndone` whenever a change of any video is taken back, with the video as it is then. */
export function useUndone(onUndone: (video: VideoView) => void): void {
  const hear = useEffectEvent(onUndone)
  useEffect(
    () =>
      undoneStore.subscribe(() => {
        const video = undoneStore.get()
        if (video !== null) hear(video)
      }),
    [],
  )
}

/**
 * Makes a change of a video, and a way to take it back for the toast that tells of it.
 * @param path below the video's address
 * @param what the change has to bring back: its details, or all of the video
 * @throws ApiError
 */
export async function changeVideo(
  videoId: string,
  path: string,
  request: ApiRequest,
  what: 'details' | 'all',
): Promise<{ result: VideoView; undo: ToastAction | undefined }> {
  let snapshot: string | null = null
  const result = await callApi<VideoView>(`/api/videos/${videoId}${path}`, {
    ...request,
    onHeaders: (headers) => {
      snapshot = headers.get('peekr-undo-snapshot')
    },
  })
  const undo = snapshot === null ? undefined : buildUndo(result, snapshot, what)
  return { result, undo }
}

/** Deletes a video; `eraseAt` is when it leaves the bin, null when it never was in it. @throws ApiError */
export async function deleteVideo(
  videoId: string,
): Promise<{ eraseAt: string | null; undo: ToastAction | undefined }> {
  let eraseAt: string | null = null
  await callApi(`/api/videos/${videoId}`, {
    method: 'DELETE',
    onHeaders: (headers) => {
      eraseAt = headers.get('peekr-erase-at')
    },
  })
  const undo = { label: 'Undo', run: () => bringBack(videoId).then(() => undefined) }
  return { eraseAt, undo: eraseAt === null ? undefined : undo }
}

/** Takes a video out of the bin. @throws ApiError */
export async function bringBack(videoId: string): Promise<void> {
  const video = await callApi<VideoView>(`/api/bin/${videoId}/restore`, { method: 'POST', body: {} })
  undoneStore.set(() => video)
  showToast('good', `“${video.title}” is back.`)
}

/**
 * Restores a video from one of its snapshots; its toast can take that back, too.
 * @param widenFrom lets in again who could watch then, if who may watch is still this; otherwise that stays as it is
 * @throws ApiError
 */
export async function restoreVideo(
  videoId: string,
  snapshot: string,
  what: 'details' | 'all',
  widenFrom: Visibility | null = null,
): Promise<VideoView> {
  const path = `/snapshots/${snapshot}/restore`
  const request = { method: 'POST', body: { what, widenFrom } } as const
  const { result, undo } = await changeVideo(videoId, path, request, what)
  undoneStore.set(() => result)
  showToast('good', what === 'all' ? 'The video is as it was.' : 'The details are as they were.', undo)
  return result
}

/** Also of who may watch, unless that was changed once more since. */
function buildUndo({ id, visibility }: VideoView, snapshot: string, what: 'details' | 'all'): ToastAction {
  return { label: 'Undo', run: () => restoreVideo(id, snapshot, what, visibility).then(() => undefined) }
}
