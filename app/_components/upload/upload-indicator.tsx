'use client'

import Link from 'next/link'
import { formatPercent } from '#lib/domain/format'
import { useStore } from '../controls/create-store'
import { Icon } from '../controls/icon'
import styles from './upload-indicator.module.css'
import { isUnderWay } from './upload-item'
import { uploadStore } from './upload-store'

/** In the header, on every page: how far the uploads of this tab are, and the way back to them. */
export function UploadIndicator() {
  const items = useStore(uploadStore).filter(isUnderWay)
  if (items.length === 0) return null
  const sentBytes = items.reduce((sum, item) => sum + item.sentBytes, 0)
  const sizeBytes = items.reduce((sum, item) => sum + item.sizeBytes, 0)
  const percent = formatPercent(sizeBytes === 0 ? 0 : sentBytes / sizeBytes)
  return (
    <Link href="/upload" className={styles.indicator} aria-label={`${items.length} uploading, ${percent}`}>
      <Icon name="upload" size={16} />
      {percent}
    </Link>
  )
}
