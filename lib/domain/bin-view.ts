/** A deleted video that can still be brought back, as the API and the pages show it. Times are ISO 8601. */
export interface BinItem {
  id: string
  title: string
  owner: { id: string; name: string }
  durationSeconds: number | null
  sizeBytes: number
  deletedAt: string
  /** From then on it is gone for good. */
  eraseAt: string
}

export interface BinPage {
  items: BinItem[]
  nextCursor: string | null
}
