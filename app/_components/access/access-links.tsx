'use client'

import { useState } from 'react'
import type { ShareLinkView } from '#lib/domain/access-view'
import { formatAge } from '#lib/domain/format'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { showToast } from '../controls/toast-store'
import styles from './access.module.css'
import { LinkForm } from './link-form'

/** The links to a video: make one, see when they were used, revoke them. */
export function AccessLinks({
  videoId,
  links,
  onChange,
}: {
  videoId: string
  links: ShareLinkView[]
  onChange: (links: ShareLinkView[]) => void
}) {
  const [revoking, setRevoking] = useState<ShareLinkView | null>(null)
  const nowMs = Date.now()

  async function revoke(link: ShareLinkView) {
    await callApi(`/api/videos/${videoId}/access/links/${link.id}`, { method: 'DELETE' })
    showToast('good', `${nameOf(link)} no longer lets anybody in.`)
    onChange(links.filter(({ id }) => id !== link.id))
  }

  return (
    <>
      <LinkForm videoId={videoId} onCreated={(link) => onChange([link, ...links])} />
      {links.length === 0 && <p className={styles.dim}>There is no link to this video at the moment.</p>}
      {links.length > 0 && (
        <ul className={styles.list} aria-label="Links">
          {links.map((link) => (
            <li key={link.id} className={styles.item}>
              <div>
                <strong>{nameOf(link)}</strong>
                <p>
                  made {formatAge(link.createdAt, nowMs)} ·{' '}
                  {link.lastUsedAt ? `used ${formatAge(link.lastUsedAt, nowMs)}` : 'never used'} ·{' '}
                  {Date.parse(link.expiresAt) > nowMs ? `ends on ${formatEnd(link.expiresAt)}` : 'over'}
                </p>
              </div>
              <Button tone="danger" onClick={() => setRevoking(link)} aria-label={`Revoke ${nameOf(link)}`}>
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      {revoking && (
        <ConfirmDialog
          open
          onOpenChange={(open) => !open && setRevoking(null)}
          title={`Revoke ${nameOf(revoking)}?`}
          confirmLabel="Revoke link"
          onConfirm={() => revoke(revoking)}
        >
          Whoever came in by this link is out within seconds, in the middle of the video too. This cannot be
          undone.
        </ConfirmDialog>
      )}
    </>
  )
}

function nameOf({ name, createdAt }: ShareLinkView): string {
  return name === '' ? `The link of ${createdAt.slice(0, 10)}` : `“${name}”`
}

/** To the minute, in the reader's own time. */
function formatEnd(time: string): string {
  return new Date(time).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}
