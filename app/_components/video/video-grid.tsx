'use client'

import { useEffect, useRef, useState } from 'react'
import type { VideoPage } from '#lib/domain/video-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { Notice } from '../controls/notice'
import { VideoCard } from './video-card'
import styles from './video-grid.module.css'

/** The videos found, and more of them as one scrolls down (or presses the button). `query` is that of /api/videos. */
export function VideoGrid({ first, query, nowMs }: { first: VideoPage; query: string; nowMs: number }) {
  const [more, setMore] = useState<VideoPage>({ items: [], nextCursor: first.nextCursor })
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const end = useRef<HTMLDivElement>(null)
  const { nextCursor } = more
  const known = new Set(first.items.map((video) => video.id))
  const videos = [...first.items, ...more.items.filter((video) => !known.has(video.id))]

  async function load() {
    if (pending || nextCursor === null) return
    setPending(true)
    setError(null)
    try {
      const page = await callApi<VideoPage>(`/api/videos?${query}&cursor=${encodeURIComponent(nextCursor)}`)
      setMore((before) => ({ items: [...before.items, ...page.items], nextCursor: page.nextCursor }))
    } catch (caught) {
      setError(errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  const latest = useRef(load)
  useEffect(() => {
    latest.current = load
  })
  const waiting = nextCursor !== null && error === null
  useEffect(() => {
    if (!waiting || end.current === null) return
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && void latest.current(),
      { rootMargin: '600px' },
    )
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [waiting])

  return (
    <>
      <ul className={styles.grid}>
        {videos.map((video, index) => (
          <VideoCard key={video.id} video={video} nowMs={nowMs} eager={index < 4} />
        ))}
      </ul>
      {error && (
        <Notice tone="bad" action={<Button onClick={load}>Try again</Button>}>
          {error}
        </Notice>
      )}
      {waiting && (
        <div ref={end} className={styles.end}>
          <Button pending={pending} onClick={load}>
            Load more
          </Button>
        </div>
      )}
    </>
  )
}
