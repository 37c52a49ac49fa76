'use client'

import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { Button } from '../controls/button'
import { useStore } from '../controls/create-store'
import { Icon } from '../controls/icon'
import { showToast } from '../controls/toast-store'
import { collectDropped, FILES_MAX, pickVideos } from './collect-files'
import { UnfinishedUploads } from './unfinished-uploads'
import { UploadAnnouncer } from './upload-announcer'
import { UploadCard } from './upload-card'
import styles from './upload-page.module.css'
import { addUploads } from './upload-queue'
import { uploadStore } from './upload-store'

const NO_VIDEOS = 'There are no videos in what you chose.'
const TOO_MANY = `The first ${FILES_MAX} videos are in the list. Add the rest when those are done, or let \`peekr import\` take in a folder on the server.`

/** The upload page's live part: files and folders come in by drop anywhere on the page, by paste or by choice, and become cards. */
export function UploadPage({ userId }: { userId: string }) {
  const items = useStore(uploadStore)
  const input = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const add = (files: File[]) => {
    if (files.length > FILES_MAX) showToast('bad', TOO_MANY)
    addUploads(files.slice(0, FILES_MAX), userId)
  }
  const dropping = useFileDrop(async (transfer) => {
    try {
      const files = await collectDropped(transfer)
      if (files.length === 0) showToast('bad', NO_VIDEOS)
      add(files)
    } catch {
      showToast('bad', 'What you dropped cannot be read. Choose the files instead.')
    }
  })
  usePastedFiles((files) => {
    const videos = pickVideos(files)
    if (videos.length === 0) showToast('bad', 'What you pasted is no video.')
    add(videos)
  })

  function choose(files: FileList | null) {
    add([...(files ?? [])])
    // So that choosing the same file again counts as a change.
    if (input.current) input.current.value = ''
  }

  function chooseFolder(files: FileList | null) {
    const videos = pickVideos(files ?? [])
    if (videos.length === 0) showToast('bad', NO_VIDEOS)
    add(videos)
    if (folder.current) folder.current.value = ''
  }

  return (
    <div className={styles.page}>
      <div
        className={`${styles.zone} ${dropping ? styles.dropping : ''} ${items.length > 0 ? styles.small : ''}`}
      >
        <span className={styles.badge}>
          <Icon name="upload" size={items.length > 0 ? 24 : 34} />
        </span>
        <div>
          <p className={styles.title}>
            <span className={styles.forMouse}>
              {dropping ? 'Let go to upload' : 'Drop videos anywhere on this page'}
            </span>
            <span className={styles.forTouch}>Choose videos to upload</span>
          </p>
          <p className={styles.hint}>
            MP4, MOV, MKV, WebM and most others, of any length. You can close this page and go on another day.
          </p>
        </div>
        <div className={styles.choices}>
          <Button tone="primary" icon="film" onClick={() => input.current?.click()}>
            Choose files
          </Button>
          <Button className={styles.forMouse} onClick={() => folder.current?.click()}>
            Choose a folder
          </Button>
        </div>
        <input
          ref={input}
          type="file"
          multiple
          accept="video/*,.mkv,.mts,.m2ts,.ts,.avi,.flv,.wmv"
          className="visuallyHidden"
          tabIndex={-1}
          aria-label="Video files"
          onChange={(event) => choose(event.target.files)}
        />
        <input
          ref={(element) => {
            element?.setAttribute('webkitdirectory', '')
            folder.current = element
          }}
          type="file"
          multiple
          className="visuallyHidden"
          tabIndex={-1}
          aria-label="Folder of videos"
          onChange={(event) => chooseFolder(event.target.files)}
        />
      </div>
      <UnfinishedUploads userId={userId} />
      {items.length > 0 && (
        <section aria-labelledby="uploads" className={styles.list}>
          <h2 id="uploads">Your uploads</h2>
          <ul>
            {items.map((item) => (
              <UploadCard key={item.key} item={item} />
            ))}
          </ul>
        </section>
      )}
      <UploadAnnouncer />
    </div>
  )
}

/** Files on the clipboard, pasted anywhere on the page. Cells of a table come with a picture of them, but are text where text goes. */
function usePastedFiles(onFiles: (files: File[]) => void): void {
  const hear = useEffectEvent(onFiles)
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      const isText = event.target instanceof Element && event.target.matches('input, textarea')
      if (files.length === 0 || (isText && event.clipboardData?.types.includes('text/plain'))) return
      event.preventDefault()
      hear(files)
    }
    document.addEventListener('paste', onPaste)
    return () => document.removeEventListener('paste', onPaste)
  }, [])
}

/** Whether files are being dragged over the page; `onFiles` gets them when they are let go. */
function useFileDrop(onFiles: (transfer: DataTransfer) => void): boolean {
  const [dragging, setDragging] = useState(false)
  const latest = useRef(onFiles)
  latest.current = onFiles

  useEffect(() => {
    let depth = 0
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const onEnter = (event: DragEvent) => {
      if (!isFiles(event)) return
      depth += 1
      setDragging(true)
    }
    const onLeave = () => {
      depth = Math.max(0, depth - 1)
      if (depth === 0) setDragging(false)
    }
    const onOver = (event: DragEvent) => {
      if (isFiles(event)) event.preventDefault()
    }
    const onDrop = (event: DragEvent) => {
      depth = 0
      setDragging(false)
      if (!isFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      latest.current(event.dataTransfer)
    }
    document.addEventListener('dragenter', onEnter)
    document.addEventListener('dragleave', onLeave)
    document.addEventListener('dragover', onOver)
    document.addEventListener('drop', onDrop)
    return () => {
      document.removeEventListener('dragenter', onEnter)
      document.removeEventListener('dragleave', onLeave)
      document.removeEventListener('dragover', onOver)
      document.removeEventListener('drop', onDrop)
    }
  }, [])
  return dragging
}
