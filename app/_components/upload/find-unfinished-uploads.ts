import { readUploadRecords, removeUploadRecord, type UploadRecord } from './upload-records'

export interface UnfinishedUpload extends UploadRecord {
  /** The share the server has stored. */
  fraction: number
}

/** Asks the server how much it holds of each upload this browser remembers; forgets those it no longer has. */
export async function findUnfinishedUploads(
  userId: string,
  signal: AbortSignal,
): Promise<UnfinishedUpload[]> {
  const found = await Promise.all(readUploadRecords(userId).map((record) => findStored(record, signal)))
  return found.filter((upload) => upload !== null)
}

async function findStored(record: UploadRecord, signal: AbortSignal): Promise<UnfinishedUpload | null> {
  const response = await fetch(record.uploadUrl, {
    method: 'HEAD',
    headers: { 'Tus-Resumable': '1.0.0' },
    signal,
  })
  if ([403, 404, 410].includes(response.status)) removeUploadRecord(record.uploadUrl)
  const offset = response.headers.get('Upload-Offset')
  if (!response.ok || offset === null) return null
  if (Number(offset) >= record.sizeBytes) {
    removeUploadRecord(record.uploadUrl)
    return null
  }
  return { ...record, fraction: Number(offset) / record.sizeBytes }
}
