import type { StorageAlert, StorageHealth } from '#lib/domain/storage-health'

/** The disk the library is on, as the admin page and the API show it. */
export interface StorageView {
  driver: 'btrfs' | 'directory'
  path: string
  totalBytes: number
  freeBytes: number
  /** Sizes of all uploads that became videos. */
  usedByVideosBytes: number
  /** Bytes that uploads must leave free. */
  reserveBytes: number
  /** With less free no encode and no upload is begun; 0 is no such mark. */
  lowWaterBytes: number
  /** A sentence for the admin, or null when there is nothing to do. */
  advice: string | null
  /** Null when the storage does not answer. */
  health: StorageHealth | null
  alerts: StorageAlert[]
  /** How far the verifying of what was published is. */
  proofs: {
    videoCount: number
    verifiedCount: number
    /** Asked for and not done yet. */
    pendingCount: number
    /** ISO 8601. */
    oldestVerifiedAt: string | null
    reading: { videoId: string; progress: number } | null
    quarantined: { id: string; title: string; sentence: string }[]
  }
}
