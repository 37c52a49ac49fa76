export const STORAGE_EVENTS = [
  'damage-found',
  'repaired-from-mirror',
  'repaired-from-snapshot',
  'repaired-by-encoding',
  'reencoding',
  'quarantined',
  'released',
  'not-ours',
  'scrub-started',
  'scrub-ended',
  'scrub-failed',
  'device-errors',
  'counters-reset',
  'device-missing',
  'device-back',
  'read-only',
  'writable-again',
  'space-low',
  'space-back',
] as const
export type StorageEventKind = (typeof STORAGE_EVENTS)[number]

/** Something that happened to the storage, as the API and the admin show it. */
export interface StorageEventView {
  id: string
  /** ISO 8601. */
  at: string
  kind: StorageEventKind
  videoId: string | null
  sentence: string
}
