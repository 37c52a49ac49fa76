'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { StorageView } from '#lib/domain/storage-view'
import { Notice } from '../controls/notice'
import { useResource } from '../controls/use-resource'
import styles from './admin-storage.module.css'

/** What of the storage somebody has to see to, on every page of the admin. Nothing when all is well. */
export function StorageAlerts() {
  const { data } = useResource<StorageView>('/api/admin/storage', { everyMs: 30_000 })
  const here = usePathname() === '/admin/storage'
  if (data === null || data.alerts.length === 0) return null
  return (
    <div className={styles.alerts}>
      {data.alerts.map(({ kind, sentence }) => (
        <Notice
          key={`${kind} ${sentence}`}
          tone={kind === 'space-low' ? 'warn' : 'bad'}
          action={!here && <Link href="/admin/storage">Storage</Link>}
        >
          {sentence}
        </Notice>
      ))}
    </div>
  )
}
