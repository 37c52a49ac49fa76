'use client'

import { useEffect, useRef, useState } from 'react'
import { useStore } from '../controls/create-store'
import type { UploadItem, UploadStatus } from './upload-item'
import { uploadStore } from './upload-store'

const SENTENCES_MAX = 3

/** Tells screen readers about changes of state, and not about every percent. */
export function UploadAnnouncer() {
  const items = useStore(uploadStore)
  const known = useRef(new Map<string, UploadStatus>())
  const [text, setText] = useState('')

  useEffect(() => {
    const changed = items.filter(({ key, status }) => known.current.get(key) !== status)
    for (const { key, status } of changed) known.current.set(key, status)
    const sentences = changed.flatMap((item) => describe(item) ?? [])
    // A folder's worth of them at once would be read for minutes.
    if (sentences.length > 0) setText(sentences.slice(0, SENTENCES_MAX).join(' '))
  }, [items])

  return (
    <p className="visuallyHidden" aria-live="polite">
      {text}
    </p>
  )
}

function describe(item: UploadItem): string | null {
  if (item.status === 'uploading') return `${item.filename} is uploading.`
  if (item.status === 'paused') return `${item.filename} is paused.`
  if (item.status === 'uploaded') return `${item.filename} is uploaded.`
  if (item.status === 'same')
    return `There is a video of ${item.filename} already. Choose what to do with it.`
  if (item.status === 'failed' || item.status === 'waiting')
    return `${item.filename}: ${item.message ?? 'waiting'}`
  return null
}
