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
  /** A sentence for the admin, or null when there is nothing to do. */
  advice: string | null
}
