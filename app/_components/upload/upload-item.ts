import type { TransferSpeed } from '#lib/domain/transfer-speed'
import type { Visibility } from '#lib/domain/video'

/**
 * queued → starting → uploading → uploaded; `waiting` for the network or the server and goes on by itself,
 * `paused` by its owner, `failed` until somebody does something about it.
 */
export type UploadStatus = 'queued' | 'starting' | 'uploading' | 'waiting' | 'paused' | 'failed' | 'uploaded'

export interface UploadItem {
  key: string
  filename: string
  sizeBytes: number
  sentBytes: number
  speed: TransferSpeed | null
  status: UploadStatus
  /** Why it waits or failed, as a sentence. */
  message: string | null
  /** Known once the server has made the upload. */
  videoId: string | null
  title: string
  visibility: Visibility
}

/** Whether leaving the page now would interrupt something. */
export function isUnderWay(item: UploadItem): boolean {
  return ['queued', 'starting', 'uploading', 'waiting'].includes(item.status)
}

export function uploadFraction(item: UploadItem): number {
  return item.sizeBytes === 0 ? 0 : item.sentBytes / item.sizeBytes
}
