/** What became of the files in the import folder, as administrators see it. Times are ISO 8601. */
export interface ImportFolderView {
  /** null when PEEKR_IMPORT names none. */
  folder: string | null
  /** The latest first, bounded. */
  items: {
    path: string
    sizeBytes: number
    /** `seen` waits until it has stood still, or for room; `failed` waits until it is changed. */
    state: 'seen' | 'importing' | 'imported' | 'failed'
    at: string
    videoId: string | null
    message: string | null
  }[]
}
