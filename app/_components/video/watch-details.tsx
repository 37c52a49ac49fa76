'use client'

import Link from 'next/link'
import { formatAge } from '#lib/domain/format'
import type { VideoView } from '#lib/domain/video-view'
import { ButtonLink } from '../controls/button'
import { Icon } from '../controls/icon'
import { LinkedText } from '../controls/linked-text'
import { CopyLinkButton } from './copy-link-button'
import { VISIBILITY_LOOKS } from './visibility'
import styles from './watch-details.module.css'

/** Under the player: title, whose it is and since when, what one can do with it, and what it is about. */
export function WatchDetails({
  video,
  editable,
  nowMs,
}: {
  video: VideoView
  editable: boolean
  nowMs: number
}) {
  const visibility = VISIBILITY_LOOKS[video.visibility]
  return (
    <div className={styles.details}>
      <h1 className={styles.title}>{video.title}</h1>
      <div className={styles.row}>
        <p className={styles.facts}>
          <strong>{video.owner.name}</strong>
          <time dateTime={video.createdAt} title={new Date(video.createdAt).toUTCString()}>
            {formatAge(video.createdAt, nowMs)}
          </time>
          <span className={styles.badge} title={visibility.explanation}>
            <Icon name={visibility.icon} size={15} />
            {visibility.label}
          </span>
        </p>
        <div className={styles.actions}>
          <CopyLinkButton path={`/watch/${video.id}`} visibility={video.visibility} />
          {editable && (
            <ButtonLink href={`/studio/${video.id}`} icon="pencil">
              Edit
            </ButtonLink>
          )}
        </div>
      </div>
      {(video.description || video.tags.length > 0) && (
        <div className={styles.about}>
          {video.description && <LinkedText text={video.description} />}
          {video.tags.length > 0 && (
            <ul className={styles.tags} aria-label="Tags">
              {video.tags.map((tag) => (
                <li key={tag}>
                  <Link href={`/?q=${encodeURIComponent(tag)}`}>{tag}</Link>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  )
}
