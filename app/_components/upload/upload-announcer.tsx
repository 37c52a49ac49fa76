'use client'

import { useEffect, useRef, useState } from 'react'
import { useStore } from '../controls/create-store'
import type { UploadItem, UploadStatus } from './upload-item'
import { uploadStore } from './upload-store'

/** Tells screen readers about changes of state, and not about every percent. */
export function UploadAnnouncer() {
  const items = useStore(uploadStore)
  const known = useRef(new Map<string, UploadStatus>())
  const [text, setText] = useState('')

  useEffect(() => {
    for (const item of items) {
      if (known.current.get(item.key) === item.status) continue
      known.current.set(item.key, item.status)
      const sentence = describe(item)
      if (sentence) setText(sentence)
    }
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
