import type { TransferSpeed } from '#lib/domain/transfer-speed'
import type { Visibility } from '#lib/domain/video'

/**
 * queued → starting → uploading → uploaded; `waiting` for the network or the server and goes on by itself,
 * `paused` by its owner, `failed` until somebody does something about it, `same` while its owner has not said whether a
 * file that there is a video of already is wanted once more.
 */
export type UploadStatus =
  | 'queued'
  | 'starting'
  | 'uploading'
  | 'waiting'
  | 'paused'
  | 'failed'
  | 'same'
  | 'uploaded'

export interface UploadItem {
  key: string
  userId: string
  filename: string
  sizeBytes: number
  sentBytes: number
  speed: TransferSpeed | null
  status: UploadStatus
  /** Why it waits or failed, as a sentence. */
  message: string | null
  /** Known once the server has made the upload; with parts sent side by side, once all have arrived. */
  videoId: string | null
  title: string
  visibility: Visibility
  /** The video this file is to be the new source of; null makes a video of its own. */
  replaces: string | null
  /** The video that was made of the same file before. */
  same: { id: string; title: string } | null
}

export const FILE_GONE =
  'The file can no longer be read. If it was moved or changed, choose it again: the upload goes on where it was.'

/** Whether leaving the page now would interrupt something. */
export function isUnderWay(item: UploadItem): boolean {
  return ['queued', 'starting', 'uploading', 'waiting'].includes(item.status)
}

export function uploadFraction(item: UploadItem): number {
  return item.sizeBytes === 0 ? 0 : item.sentBytes / item.sizeBytes
}
