'use client'

import { useState } from 'react'
import type { VideoView } from '#lib/domain/video-view'
import { Modal } from '../controls/modal'
import { DeleteVideoDialog } from './delete-video-dialog'
import { EditVideoForm } from './edit-video-form'
import { VideoRow } from './video-row'
import styles from './video-rows.module.css'

/** Videos as a list to work on: edit, delete, retry. `showOwner` for administrators, who see everybody's. */
export function VideoRows({
  videos,
  showOwner = false,
  onChange,
  onRemove,
}: {
  videos: VideoView[]
  showOwner?: boolean
  onChange: (video: VideoView) => void
  onRemove: (id: string) => void
}) {
  const [editing, setEditing] = useState<VideoView | null>(null)
  const [deleting, setDeleting] = useState<VideoView | null>(null)
  return (
    <>
      <ul className={styles.rows}>
        {videos.map((video) => (
          <VideoRow
            key={video.id}
            video={video}
            showOwner={showOwner}
            onEdit={() => setEditing(video)}
            onDelete={() => setDeleting(video)}
            onChange={onChange}
          />
        ))}
      </ul>
      {editing && (
        <Modal open onOpenChange={(open) => !open && setEditing(null)} title="Edit video">
          <EditVideoForm
            video={editing}
            onSaved={(saved) => {
              onChange(saved)
              setEditing(null)
            }}
          />
        </Modal>
      )}
      {deleting && (
        <DeleteVideoDialog
          video={deleting}
          onOpenChange={(open) => !open && setDeleting(null)}
          onDeleted={() => onRemove(deleting.id)}
        />
      )}
    </>
  )
}
