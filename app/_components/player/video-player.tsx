'use client'

import {
  Captions,
  isHLSProvider,
  MediaPlayer,
  type MediaPlayerInstance,
  MediaProvider,
  type MediaProviderAdapter,
  Poster,
} from '@vidstack/react'
import { useMemo, useRef, useState } from 'react'
import '@vidstack/react/player/styles/base.css'
import '@vidstack/react/player/styles/default/captions.css'
import type { VideoView } from '#lib/domain/video-view'
import { callApi } from '../api-client'
import { PlayerControls } from './player-controls'
import { PlayerProblem } from './player-problem'
import { PlayerStorage } from './player-storage'
import styles from './video-player.module.css'

/**
 * The one place that knows Vidstack: plays a video's HLS, with hls.js from this server. When the stream cannot be
 * had any more (a token that ran out, a new revision), it asks for the video's present address once and goes on by
 * itself; otherwise it says what is wrong and offers to try again from the same position. `onStart`: somebody watches.
 */
export default function VideoPlayer({ video, onStart }: { video: VideoView; onStart: () => void }) {
  const player = useRef<MediaPlayerInstance>(null)
  const [playback, setPlayback] = useState(video.playback)
  const [problem, setProblem] = useState<string | null>(null)
  // A new key makes a new player: the surest way to start over.
  const [attempt, setAttempt] = useState(0)
  const storage = useMemo(() => new PlayerStorage(video.id), [video.id])

  function onProviderChange(provider: MediaProviderAdapter | null) {
    if (!isHLSProvider(provider)) return
    provider.library = () => import('hls.js')
    provider.config = {
      // Start loading where one left off, and at the beginning while the video is still growing.
      startPosition: storage.getPosition() ?? 0,
      maxBufferLength: 30,
      backBufferLength: 90,
      capLevelToPlayerSize: true,
    }
  }

  async function startOver() {
    try {
      const fresh = await callApi<VideoView>(`/api/videos/${video.id}`)
      setPlayback(fresh.playback)
      setProblem(fresh.playback ? null : 'This video cannot be played any more. Reload the page to see why.')
      setAttempt((count) => count + 1)
    } catch {
      setProblem('The video does not load: Peekr does not answer. Check your connection, then try again.')
    }
  }

  async function onBroken() {
    if (problem !== null) return
    const before = playback?.hls
    const fresh = await callApi<VideoView>(`/api/videos/${video.id}`).catch(() => null)
    if (fresh?.playback && fresh.playback.hls !== before) {
      setPlayback(fresh.playback)
      setAttempt((count) => count + 1)
      return
    }
    setProblem(
      fresh === null
        ? 'The video stopped loading: Peekr does not answer. Check your connection, then try again.'
        : 'This video stopped loading. Try again; it goes on where it stopped.',
    )
  }

  if (playback === null)
    return <PlayerProblem message={problem ?? 'This video cannot be played.'} onRetry={startOver} />
  return (
    <div className={styles.stage}>
      <MediaPlayer
        key={attempt}
        ref={player}
        className={styles.player}
        title={video.title}
        src={{ src: playback.hls, type: 'application/x-mpegurl' }}
        viewType="video"
        streamType="on-demand"
        load="eager"
        playsInline
        storage={storage}
        keyTarget="document"
        onProviderChange={onProviderChange}
        onPlay={onStart}
        onError={onBroken}
        onHlsError={(data) => data.fatal && onBroken()}
        onPlaying={() => setProblem(null)}
      >
        <MediaProvider>
          {playback.poster && (
            <Poster className={styles.poster} src={playback.poster} alt={`Picture from ${video.title}`} />
          )}
        </MediaProvider>
        <Captions className={`vds-captions ${styles.captions}`} />
        <PlayerControls renditions={video.renditions} storyboard={playback.storyboard} />
      </MediaPlayer>
      {problem && <PlayerProblem message={problem} onRetry={startOver} />}
    </div>
  )
}
