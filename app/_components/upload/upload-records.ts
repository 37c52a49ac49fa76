import { UPLOAD_VISIBILITIES, type Visibility } from '#lib/domain/video'
import type { Part } from './plan-parts'

/** An upload this browser began and has not finished; enough to offer it again on another day. */
export interface UploadRecord {
  /** The same as that of its card. */
  key: string
  userId: string
  filename: string
  sizeBytes: number
  /** By which the file is known again; see read-fingerprint.ts. */
  fingerprint: string
  title: string
  visibility: Visibility
  /** Whether title and visibility are newer than what the server has. */
  isUnsaved: boolean
  /** The video this file is to be the new source of. */
  replaces: string | null
  /** Known once the server has made the upload, or each of its parts. */
  uploadUrl: string | null
  partUrls: string[] | null
  /** How it is sent in parts side by side; null in one stream. */
  parts: Part[] | null
  videoId: string | null
  /** Whether all of it has arrived: then only details are still to be saved. */
  isUploaded: boolean
}

const KEY = 'peekr-unfinished-uploads'
/** In place of a storage that is full or switched off: good until the page is left. */
let memory: UploadRecord[] | null = null

/** What one person began in this browser, the latest last. */
export function readUploadRecords(userId: string): UploadRecord[] {
  return readAll().filter((record) => record.userId === userId)
}

export function findUploadRecord(key: string): UploadRecord | null {
  return readAll().find((record) => record.key === key) ?? null
}

/** What this person began with this very file, for this very purpose. */
export function findRecordOfFile(
  wanted: Pick<UploadRecord, 'userId' | 'fingerprint' | 'replaces'>,
): UploadRecord | null {
  const { userId, fingerprint, replaces } = wanted
  return (
    readUploadRecords(userId).findLast(
      (record) => record.fingerprint === fingerprint && record.replaces === replaces && !record.isUploaded,
    ) ?? null
  )
}

/** Adds or replaces the record with this key. */
export function writeUploadRecord(record: UploadRecord): void {
  writeAll([...readAll().filter((other) => other.key !== record.key), record])
}

/** Changes a record that is there; nothing when there is none. */
export function changeUploadRecord(key: string, change: Partial<UploadRecord>): void {
  const record = findUploadRecord(key)
  if (record !== null) writeUploadRecord({ ...record, ...change })
}

export function removeUploadRecord(key: string): void {
  writeAll(readAll().filter((record) => record.key !== key))
}

function readAll(): UploadRecord[] {
  if (memory !== null) return memory
  try {
    const records: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(records) ? records.filter(isRecord) : []
  } catch {
    // Storage is switched off, or holds something else: there is nothing to resume then.
    return []
  }
}

function isRecord(value: Partial<UploadRecord> | null): value is UploadRecord {
  return (
    typeof value?.key === 'string' &&
    typeof value.fingerprint === 'string' &&
    typeof value.sizeBytes === 'number' &&
    UPLOAD_VISIBILITIES.some((visibility) => visibility === value.visibility)
  )
}

function writeAll(records: UploadRecord[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(records))
    memory = null
  } catch {
    // The upload and what is typed beside it go on; only resuming on another day is lost.
    memory = records
  }
}
