'use client'

import { useState } from 'react'
import type { ShareLinkView } from '#lib/domain/access-view'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { copyText } from '../controls/copy-text'
import { SelectField, TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useSubmit } from '../controls/use-submit'
import styles from './access.module.css'

/** Makes a link and shows it, this once. */
export function LinkForm({
  videoId,
  onCreated,
}: {
  videoId: string
  onCreated: (link: ShareLinkView) => void
}) {
  const [address, setAddress] = useState<string | null>(null)
  const { onSubmit, pending, error, fields } = useSubmit(async ({ name = '', hours }, form) => {
    const body = { name: name.trim(), expiresInHours: Number(hours) }
    const path = `/api/videos/${videoId}/access/links`
    const { url, ...link } = await callApi<ShareLinkView & { url: string }>(path, { method: 'POST', body })
    setAddress(new URL(url, window.location.origin).href)
    form.reset()
    onCreated(link)
  })

  async function copy(text: string) {
    if (await copyText(text)) showToast('good', 'Link copied.')
    else showToast('bad', 'Copying is not allowed here. Select the link and copy it by hand.')
  }

  return (
    <>
      {address && (
        <Notice tone="good">
          <strong>Copy this link now; it is not shown again.</strong>
          <div className={styles.secret}>
            <code data-testid="share-link">{address}</code>
            <Button icon="copy" onClick={() => copy(address)}>
              Copy link
            </Button>
          </div>
        </Notice>
      )}
      <form className={styles.linkForm} onSubmit={onSubmit}>
        {error && <Notice tone="bad">{error}</Notice>}
        <TextField
          label="For whom"
          name="name"
          placeholder="The film club"
          maxLength={100}
          hint="Only you see this."
          error={fields.name}
        />
        <SelectField label="Ends" name="hours" defaultValue="168" error={fields.expiresInHours}>
          <option value="1">In an hour</option>
          <option value="24">In a day</option>
          <option value="168">In a week</option>
          <option value="720">In 30 days</option>
          <option value="8760">In a year</option>
        </SelectField>
        <Button type="submit" pending={pending} icon="link">
          Make a link
        </Button>
      </form>
    </>
  )
}
