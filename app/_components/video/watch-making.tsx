'use client'

import { useEffect, useRef } from 'react'
import { formatDuration, formatTimeLeft } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { Button } from '../controls/button'
import { Notice } from '../controls/notice'

/**
 * Under the player of a video that plays while it is still being made: how far it has got. When it is all there, goes on
 * with the renditions that were not when the player opened; but offers them only to whoever has `started` watching, as
 * the change would interrupt them.
 */
export function WatchMaking({
  video,
  started,
  onSharper,
}: {
  video: VideoView
  started: boolean
  onSharper: () => void
}) {
  const begun = useRef(video.renditions.length)
  const { making, durationSeconds } = video
  const isSharper = video.state === 'ready' && video.renditions.length > begun.current
  useEffect(() => {
    if (!isSharper || started) return
    begun.current = video.renditions.length
    onSharper()
  }, [isSharper, started, video.renditions.length, onSharper])
  if (making !== null && video.publishedAt === null) {
    return (
      <Notice>
        {describeAvailable(making.availableSeconds, durationSeconds)}
        {describePace(making)}.
      </Notice>
    )
  }
  if (!isSharper || !started) return null
  const sharper = () => {
    begun.current = video.renditions.length
    onSharper()
  }
  return (
    <Notice tone="good" action={<Button onClick={sharper}>Use them</Button>}>
      The video is whole now, and sharper renditions of it are ready.
    </Notice>
  )
}

function describeAvailable(availableSeconds: number, durationSeconds: number | null): string {
  // The sizes that are there may be whole long before the others.
  if (durationSeconds !== null && availableSeconds > durationSeconds - 0.5)
    return 'All of it can be played already; its other renditions are being made'
  const whole = durationSeconds === null ? '' : ` of ${formatDuration(durationSeconds)}`
  return `The first ${formatDuration(availableSeconds)}${whole} can be played already; the rest is being made`
}

function describePace({ speed, secondsLeft }: NonNullable<VideoView['making']>): string {
  if (speed === null || secondsLeft === null) return ''
  return `, at ${speed.toFixed(1)} × real time, ${formatTimeLeft(secondsLeft)} left`
}
