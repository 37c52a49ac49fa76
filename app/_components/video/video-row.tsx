'use client'

import Link from 'next/link'
import { useEffect, useEffectEvent } from 'react'
import { formatAge, formatBytes, formatDuration } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { Icon } from '../controls/icon'
import { Menu, MenuItem, MenuLink, MenuSeparator } from '../controls/menu'
import { showToast } from '../controls/toast-store'
import { canRetry } from './can-retry'
import { Poster } from './poster'
import { reencodeVideo } from './reencode-video'
import { useLiveVideo } from './use-live-video'
import styles from './video-rows.module.css'
import { VideoStatus } from './video-status'
import { VISIBILITY_LOOKS } from './visibility'

/** One video to work on, with where it is on its way. */
export function VideoRow({
  video: initial,
  showOwner,
  onEdit,
  onDelete,
  onChange,
}: {
  video: VideoView
  showOwner: boolean
  onEdit: () => void
  onDelete: () => void
  onChange: (video: VideoView) => void
}) {
  const { video } = useLiveVideo(initial)
  const visibility = VISIBILITY_LOOKS[video.visibility]
  const report = useEffectEvent(onChange)
  useEffect(() => {
    if (video !== initial && video.state !== initial.state) report(video)
  }, [video, initial])

  async function retry() {
    try {
      onChange(await callApi<VideoView>(`/api/videos/${video.id}/retry`, { method: 'POST', body: {} }))
    } catch (error) {
      showToast('bad', errorSentence(error))
    }
  }

  async function reencode() {
    const changed = await reencodeVideo(video.id)
    if (changed !== null) onChange(changed)
  }

  return (
    <li className={styles.row} aria-label={video.title}>
      <Link
        href={`/watch/${video.id}`}
        className={styles.picture}
        tabIndex={-1}
        aria-hidden="true"
        prefetch={false}
      >
        <Poster src={video.playback?.poster ?? null} upright={(video.height ?? 0) > (video.width ?? 0)} />
        {video.durationSeconds !== null && (
          <span className={styles.duration}>{formatDuration(video.durationSeconds)}</span>
        )}
      </Link>
      <div className={styles.text}>
        <Link href={`/watch/${video.id}`} className={styles.title} prefetch={false}>
          {video.title}
        </Link>
        <p className={styles.facts}>
          {showOwner && <span>{video.owner.name}</span>}
          <span title={visibility.explanation}>
            <Icon name={visibility.icon} size={14} />
            {visibility.label}
          </span>
          <span>{formatBytes(video.source.sizeBytes)}</span>
          <span>{formatAge(video.createdAt, Date.now())}</span>
        </p>
      </div>
      <div className={styles.state}>
        <VideoStatus video={video} />
      </div>
      <div className={styles.actions}>
        <Menu
          trigger={
            <Button tone="ghost" icon="more" iconOnly>
              {`Actions for ${video.title}`}
            </Button>
          }
        >
          <MenuItem icon="pencil" onSelect={onEdit}>
            Edit
          </MenuItem>
          <MenuLink icon="play" href={`/watch/${video.id}`}>
            Watch
          </MenuLink>
          <MenuLink icon="clock" href={`/studio/${video.id}/history`}>
            History
          </MenuLink>
          {video.state !== 'uploading' && (
            <MenuLink icon="gear" href={`/studio/${video.id}/making`}>
              Progress
            </MenuLink>
          )}
          {video.state === 'ready' && (
            <MenuItem icon="spark" onSelect={reencode}>
              Encode anew
            </MenuItem>
          )}
          {canRetry(video) && (
            <MenuItem icon="retry" onSelect={retry}>
              Retry
            </MenuItem>
          )}
          <MenuSeparator />
          <MenuItem icon="trash" danger onSelect={onDelete}>
            Delete video
          </MenuItem>
        </Menu>
      </div>
    </li>
  )
}
