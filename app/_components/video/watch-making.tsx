'use client'

import { useRef } from 'react'
import { formatDuration, formatTimeLeft } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { Button } from '../controls/button'
import { Notice } from '../controls/notice'

/**
 * Under the player of a video that plays while it is still being made: how far it has got. When it is all there, offers the
 * renditions that were not when playing began; going on by itself would interrupt whoever watches.
 */
export function WatchMaking({ video, onSharper }: { video: VideoView; onSharper: () => void }) {
  const begun = useRef(video.renditions.length)
  const { making, durationSeconds } = video
  if (making !== null && video.publishedAt === null) {
    const whole = durationSeconds === null ? '' : ` of ${formatDuration(durationSeconds)}`
    return (
      <Notice>
        The first {formatDuration(making.availableSeconds)}
        {whole} can be played already; the rest is being made{describePace(making)}.
      </Notice>
    )
  }
  if (video.state !== 'ready' || video.renditions.length <= begun.current) return null
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

function describePace({ speed, secondsLeft }: NonNullable<VideoView['making']>): string {
  if (speed === null || secondsLeft === null) return ''
  return `, at ${speed.toFixed(1)} × real time, ${formatTimeLeft(secondsLeft)}`
}
