import { findStoredBytes } from './stored-uploads'
import { readUploadRecords, removeUploadRecord, type UploadRecord } from './upload-records'
import { findUploadsElsewhere } from './uploads-elsewhere'

export interface UnfinishedUpload extends UploadRecord {
  /** The share the server has stored. */
  fraction: number
}

/** Asks the server how much it holds of each upload this browser remembers and no tab is sending; forgets those it no longer has. */
export async function findUnfinishedUploads(
  userId: string,
  signal: AbortSignal,
): Promise<UnfinishedUpload[]> {
  const records = readUploadRecords(userId).filter(({ isUploaded }) => !isUploaded)
  if (records.length === 0) return []
  // To ask for one that another tab is sending would cut it.
  const elsewhere = await findUploadsElsewhere()
  const left = records.filter(({ key }) => !elsewhere.has(key))
  const found = await Promise.all(left.map((record) => findStored(record, signal)))
  return found.filter((upload) => upload !== null)
}

async function findStored(record: UploadRecord, signal: AbortSignal): Promise<UnfinishedUpload | null> {
  const storedBytes = await findStoredBytes(record, signal).catch((error: Error) => {
    if (signal.aborted) throw error
    return undefined // the server is away: neither here nor gone
  })
  if (storedBytes === undefined) return null
  const isWhole = storedBytes !== null && storedBytes >= record.sizeBytes && record.uploadUrl !== null
  if (storedBytes === null || (isWhole && !record.isUnsaved)) {
    removeUploadRecord(record.key)
    return null
  }
  return isWhole ? null : { ...record, fraction: storedBytes / Math.max(1, record.sizeBytes) }
}
