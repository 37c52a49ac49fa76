'use client'

import type { VideoView } from '#lib/domain/video-view'
import { callApi } from '../api-client'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { showToast } from '../controls/toast-store'

/** Asks, with the video's name, and deletes it. */
export function DeleteVideoDialog({
  video,
  onOpenChange,
  onDeleted,
}: {
  video: VideoView
  onOpenChange: (open: boolean) => void
  onDeleted: () => void
}) {
  async function remove() {
    await callApi(`/api/videos/${video.id}`, { method: 'DELETE' })
    showToast('good', `“${video.title}” was deleted.`)
    onDeleted()
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={onOpenChange}
      title="Delete this video?"
      confirmLabel="Delete video"
      onConfirm={remove}
    >
      <strong>{video.title}</strong> and its files will be deleted, and links to it stop working. This cannot
      be undone.
    </ConfirmDialog>
  )
}
