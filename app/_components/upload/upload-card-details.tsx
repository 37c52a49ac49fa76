'use client'

import { UPLOAD_VISIBILITIES, type Visibility } from '#lib/domain/video'
import { SelectField, TextField } from '../controls/field'
import { VISIBILITY_LOOKS } from '../video/visibility'
import styles from './upload-card.module.css'
import { editDetails, saveDetails } from './upload-details'
import type { UploadItem } from './upload-item'

/** Title and visibility, to be edited while the bytes flow; kept with every letter, and saved when one leaves the field. */
export function UploadCardDetails({ item }: { item: UploadItem }) {
  const empty = item.title.trim() === ''

  function edit(change: Parameters<typeof editDetails>[1]) {
    editDetails(item.key, change)
    // A choice is made at once; a title when one leaves it.
    if (change.title === undefined) void saveDetails(item.key)
  }

  return (
    <div className={styles.details}>
      <TextField
        label="Title"
        value={item.title}
        maxLength={200}
        error={empty ? 'Give the video a title.' : null}
        onChange={(event) => edit({ title: event.target.value })}
        onBlur={() => void saveDetails(item.key)}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
      <SelectField
        label="Visibility"
        value={item.visibility}
        onChange={(event) => edit({ visibility: event.target.value as Visibility })}
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
