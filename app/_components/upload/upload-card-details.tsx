'use client'

import { useState } from 'react'
import { UPLOAD_VISIBILITIES, type Visibility } from '#lib/domain/video'
import { SelectField, TextField } from '../controls/field'
import { VISIBILITY_LOOKS } from '../video/visibility'
import styles from './upload-card.module.css'
import type { UploadItem } from './upload-item'
import { changeUploadDetails } from './upload-queue'

/** Title and visibility, to be edited while the bytes flow; saved when one leaves the field. */
export function UploadCardDetails({ item }: { item: UploadItem }) {
  const [title, setTitle] = useState(item.title)
  const empty = title.trim() === ''

  function saveTitle() {
    if (!empty && title.trim() !== item.title) void changeUploadDetails(item.key, { title: title.trim() })
  }

  return (
    <div className={styles.details}>
      <TextField
        label="Title"
        value={title}
        maxLength={200}
        error={empty ? 'Give the video a title.' : null}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={saveTitle}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
      <SelectField
        label="Visibility"
        hint="On the video’s page you can also share it with people, a password, or a link."
        value={item.visibility}
        onChange={(event) => changeUploadDetails(item.key, { visibility: event.target.value as Visibility })}
      >
        {UPLOAD_VISIBILITIES.toReversed().map((visibility) => (
          <option key={visibility} value={visibility}>
            {VISIBILITY_LOOKS[visibility].label}
          </option>
        ))}
      </SelectField>
    </div>
  )
}
