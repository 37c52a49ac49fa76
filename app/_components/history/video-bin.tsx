'use client'

import { useState } from 'react'
import type { BinItem } from '#lib/domain/bin-view'
import { formatAge, formatBytes, formatDay, formatDuration } from '#lib/domain/format'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { EmptyState } from '../controls/empty-state'
import { LoadMore } from '../controls/load-more'
import { LoadState } from '../controls/load-state'
import pageStyles from '../controls/page.module.css'
import { showToast } from '../controls/toast-store'
import { usePaged } from '../controls/use-paged'
import { bringBack } from '../video/undo-change'
import styles from './history.module.css'

/** Deleted videos that can still be brought back: one's own, or with `showOwner` everybody's. */
export function VideoBin({ path, showOwner = false }: { path: string; showOwner?: boolean }) {
  const bin = usePaged<BinItem>(`${path}?limit=50`)
  const [erasing, setErasing] = useState<BinItem | 'all' | null>(null)
  const { items } = bin

  async function restore(item: BinItem) {
    try {
      await bringBack(item.id)
      bin.remove(item.id)
    } catch (error) {
      showToast('bad', errorSentence(error))
      bin.reload()
    }
  }

  async function erase() {
    await callApi(erasing === 'all' ? path : `/api/bin/${erasing?.id}`, { method: 'DELETE' })
    showToast('good', erasing === 'all' ? 'The bin is empty.' : `“${erasing?.title}” was erased for good.`)
    if (erasing === 'all') bin.reload()
    else if (erasing !== null) bin.remove(erasing.id)
  }

  return (
    <div className={pageStyles.stack}>
      <LoadState data={items} error={bin.error} onRetry={bin.reload} label="Loading the bin" />
      {items?.length === 0 && (
        <EmptyState icon="trash" title="The bin is empty">
          Deleted videos wait here for some time, so that they can be brought back.
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <>
          <div className={styles.top}>
            <p className={pageStyles.dim}>
              Nobody can watch these. Until they are erased they take up space, and count for their owner’s
              quota.
            </p>
            <Button tone="danger" icon="trash" onClick={() => setErasing('all')}>
              Empty the bin
            </Button>
          </div>
          <ul className={styles.list}>
            {items.map((item) => (
              <li key={item.id} className={styles.item} aria-label={item.title}>
                <div className={styles.text}>
                  <strong className={styles.title}>{item.title}</strong>
                  <p className={styles.facts}>
                    {showOwner && <span>{item.owner.name}</span>}
                    {item.durationSeconds !== null && <span>{formatDuration(item.durationSeconds)}</span>}
                    <span>{formatBytes(item.sizeBytes)}</span>
                    <span>deleted {formatAge(item.deletedAt, Date.now())}</span>
                    <span>gone for good on {formatDay(item.eraseAt)}</span>
                  </p>
                </div>
                <div className={styles.actions}>
                  <Button icon="undo" onClick={() => restore(item)}>
                    Bring back
                  </Button>
                  <Button tone="ghost" icon="trash" onClick={() => setErasing(item)}>
                    Erase
                  </Button>
                </div>
              </li>
            ))}
          </ul>
          <LoadMore hasMore={bin.hasMore} pending={bin.pending} onClick={bin.loadMore} />
        </>
      )}
      {erasing && (
        <ConfirmDialog
          open
          onOpenChange={(open) => !open && setErasing(null)}
          title={erasing === 'all' ? 'Empty the bin?' : 'Erase this video for good?'}
          confirmLabel={erasing === 'all' ? 'Empty the bin' : 'Erase for good'}
          onConfirm={erase}
        >
          {erasing === 'all' ? (
            showOwner ? (
              'Every deleted video of everybody'
            ) : (
              'Every video in it'
            )
          ) : (
            <strong>{erasing.title}</strong>
          )}{' '}
          and its whole history will be erased. This cannot be undone.
        </ConfirmDialog>
      )}
    </div>
  )
}
