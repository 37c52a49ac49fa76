'use client'

import { useState } from 'react'
import type { AccessView } from '#lib/domain/access-view'
import type { Visibility } from '#lib/domain/video'
import type { VideoView } from '#lib/domain/video-view'
import { AccessChoice } from '../access/access-choice'
import { Button } from '../controls/button'
import { TextArea, TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'
import { useSubmit } from '../controls/use-submit'
import styles from './edit-video-form.module.css'
import { changeVideo } from './undo-change'

/** Title, description, tags and visibility of a video. */
export function EditVideoForm({ video, onSaved }: { video: VideoView; onSaved: (video: VideoView) => void }) {
  const access = useResource<AccessView>(`/api/videos/${video.id}/access`)
  const [visibility, setVisibility] = useState<Visibility>(video.visibility)
  const { onSubmit, pending, error, fields } = useSubmit(
    async ({ title, description, tags = '', password }) => {
      const body = { title, description, tags: parseTags(tags), visibility, ...(password && { password }) }
      const { result: saved, undo } = await changeVideo(video.id, '', { method: 'PATCH', body }, 'details')
      showToast('good', 'Changes saved.', undo)
      onSaved(saved)
    },
  )

  return (
    <form className={styles.form} onSubmit={onSubmit}>
      {error && <Notice tone="bad">{error}</Notice>}
      <TextField
        label="Title"
        name="title"
        defaultValue={video.title}
        required
        maxLength={200}
        error={fields.title}
      />
      <TextArea
        label="Description"
        name="description"
        defaultValue={video.description}
        maxLength={10_000}
        hint="Line breaks stay; web addresses become links."
        error={fields.description}
      />
      <TextField
        label="Tags"
        name="tags"
        defaultValue={video.tags.join(', ')}
        hint="Separated by commas. They help to find the video."
        error={Object.entries(fields).find(([name]) => name.startsWith('tags'))?.[1]}
      />
      <AccessChoice
        videoId={video.id}
        value={visibility}
        onChange={setVisibility}
        access={access.data}
        loadError={access.error}
        onReload={access.reload}
        onAccess={access.setData}
        passwordError={fields.password}
      />
      <div className={styles.actions}>
        <Button type="submit" tone="primary" pending={pending}>
          Save changes
        </Button>
      </div>
    </form>
  )
}

function parseTags(text: string): string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ]
}
