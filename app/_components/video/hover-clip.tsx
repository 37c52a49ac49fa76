'use client'

import { useState } from 'react'
import styles from './hover-clip.module.css'

/** A video's silent clip over its poster. It appears when it plays, so a slow or missing one changes nothing. */
export function HoverClip({ src, upright }: { src: string; upright: boolean }) {
  const [playing, setPlaying] = useState(false)
  return (
    <video
      className={`${styles.clip} ${upright ? styles.upright : ''} ${playing ? styles.playing : ''}`}
      src={src}
      muted
      autoPlay
      loop
      playsInline
      disablePictureInPicture
      disableRemotePlayback
      tabIndex={-1}
      aria-hidden="true"
      data-testid="hover-clip"
      onPlaying={() => setPlaying(true)}
      onError={() => setPlaying(false)}
    />
  )
}
