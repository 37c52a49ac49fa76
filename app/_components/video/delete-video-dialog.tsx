'use client'

import { formatDay } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { showToast } from '../controls/toast-store'
import { deleteVideo } from './undo-change'

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
    const { eraseAt, undo } = await deleteVideo(video.id)
    const until = eraseAt === null ? '' : ` It is in the bin until ${formatDay(eraseAt)}.`
    showToast('good', `“${video.title}” was deleted.${until}`, undo)
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
      <strong>{video.title}</strong> is gone for everybody at once, and links to it stop working. It goes to
      the bin, from where you can bring it back for some time; an upload that is not done yet is lost.
    </ConfirmDialog>
  )
}
