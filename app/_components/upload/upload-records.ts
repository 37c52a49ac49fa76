/** An upload this browser began and has not finished; enough to offer it again on another day. */
export interface UploadRecord {
  uploadUrl: string
  userId: string
  videoId: string | null
  filename: string
  sizeBytes: number
  title: string
}

const KEY = 'peekr-uploads'

/** The unfinished uploads of one person in this browser. */
export function readUploadRecords(userId: string): UploadRecord[] {
  return readAll().filter((record) => record.userId === userId)
}

export function findUploadRecord(uploadUrl: string): UploadRecord | null {
  return readAll().find((record) => record.uploadUrl === uploadUrl) ?? null
}

/** Adds or replaces the record with this upload's address. */
export function writeUploadRecord(record: UploadRecord): void {
  writeAll([...readAll().filter((other) => other.uploadUrl !== record.uploadUrl), record])
}

export function removeUploadRecord(uploadUrl: string): void {
  writeAll(readAll().filter((record) => record.uploadUrl !== uploadUrl))
}

function readAll(): UploadRecord[] {
  try {
    const records: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(records) ? records : []
  } catch {
    // Storage is switched off, or holds something else: there is nothing to resume then.
    return []
  }
}

function writeAll(records: UploadRecord[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(records))
  } catch {
    // Storage is full or switched off. The upload itself goes on; only resuming on another day is lost.
  }
}
