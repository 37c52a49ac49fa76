'use client'

import dynamic from 'next/dynamic'
import { useCallback, useState } from 'react'
import type { VideoView } from '#lib/domain/video-view'
import { ButtonLink } from '../controls/button'
import { EmptyState } from '../controls/empty-state'
import { Notice } from '../controls/notice'
import { SignInLink } from '../shell/sign-in-link'
import { useLiveVideo } from './use-live-video'
import { WatchDetails } from './watch-details'
import { WatchMaking } from './watch-making'
import { WatchPending } from './watch-pending'
import styles from './watch-view.module.css'

/** The player is large; only this page loads it, and only once there is something to play. */
const VideoPlayer = dynamic(() => import('../player/video-player'), { ssr: false })

/** The picture and what belongs to it. Turns from progress into the player by itself. */
export function WatchView({
  video: initial,
  editable,
  nowMs,
}: {
  video: VideoView
  editable: boolean
  nowMs: number
}) {
  const { video, setVideo, gone } = useLiveVideo(initial)
  // A new key makes a new player, which goes on where the old one was.
  const [playerCount, setPlayerCount] = useState(0)
  const [started, setStarted] = useState(false)
  const onSharper = useCallback(() => setPlayerCount((count) => count + 1), [])
  if (gone) {
    return (
      <EmptyState
        icon="trash"
        title="This video is no longer here"
        actions={
          <>
            <SignInLink />
            <ButtonLink href="/">All videos</ButtonLink>
          </>
        }
      >
        While you were here it was deleted or made private, or your session ended. If it is yours, sign in
        again.
      </EmptyState>
    )
  }
  const { playback } = video
  const upright = (video.height ?? 0) > (video.width ?? 0)
  const shape = upright ? styles.upright : playback ? '' : styles.told
  return (
    <article className={styles.article}>
      <div className={`${styles.stage} ${shape}`} data-testid="stage">
        {playback ? (
          <>
            {playback.poster && (
              <img className={styles.poster} src={playback.poster} alt="" fetchPriority="high" />
            )}
            <VideoPlayer key={playerCount} video={video} onStart={() => setStarted(true)} />
          </>
        ) : (
          <WatchPending video={video} editable={editable} onChange={setVideo} />
        )}
      </div>
      {video.early && playback && (
        <Notice>
          {video.state === 'uploading'
            ? 'Playing while it is still being uploaded. Only you can see it until all of it has come.'
            : 'All of it has come. Until the video itself plays, in a moment, this is what you could see of it before.'}
        </Notice>
      )}
      {video.playable && playback && <WatchMaking video={video} started={started} onSharper={onSharper} />}
      <WatchDetails video={video} editable={editable} nowMs={nowMs} />
    </article>
  )
}
