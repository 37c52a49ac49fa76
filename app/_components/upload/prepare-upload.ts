import { findSameVideo } from './find-same-video'
import { readFingerprint } from './read-fingerprint'
import type { UploadItem } from './upload-item'
import { findRecordOfFile, removeUploadRecord, type UploadRecord, writeUploadRecord } from './upload-records'
import { changeUpload, findUpload } from './upload-store'
import { findUploadsElsewhere } from './uploads-elsewhere'

/** What is to become of a file; `gone` when its card was taken away meanwhile. */
export type Preparation = 'ready' | 'gone' | 'elsewhere' | NonNullable<UploadItem['same']>

/**
 * Makes or finds the record of a file, and asks whether there is a video of it already, before anything is sent.
 * @param input.isDouble whether it is wanted although there is such a video
 * @param input.forget takes a card off the list whose record this file goes on with
 * @throws NotReadableError, NotFoundError when the file was moved, changed or may not be read
 */
export async function prepareUpload(input: {
  item: UploadItem
  file: File
  isDouble: boolean
  forget: (key: string) => void
}): Promise<Preparation> {
  const { file, isDouble, forget } = input
  const { key, userId, replaces } = input.item
  const fingerprint = await readFingerprint(file)
  const earlier = findRecordOfFile({ userId, fingerprint, replaces })
  if (earlier !== null && isForgotten(earlier.key)) {
    const isHere = findUpload(earlier.key) !== undefined
    if (!isHere && (await findUploadsElsewhere()).has(earlier.key)) return 'elsewhere'
    if (findUpload(key) === undefined) return 'gone'
    forget(earlier.key)
    takeOver(key, file, earlier)
    return 'ready'
  }
  const item = findUpload(key)
  if (item === undefined) return 'gone'
  writeUploadRecord(beginRecord(item, file, fingerprint))
  const same = replaces || isDouble ? null : await findSameVideo(fingerprint)
  if (findUpload(key) === undefined) return 'gone'
  if (same === null || findUpload(key)?.status !== 'queued') return 'ready'
  // Nothing was begun that could be offered another day.
  removeUploadRecord(key)
  return same
}

/** Whether what was begun under this key is nobody's: an earlier page began it, or its file could not be read any more. */
function isForgotten(key: string): boolean {
  const item = findUpload(key)
  return item === undefined || item.status === 'failed'
}

/** The card takes an earlier record's place, with what was edited then. */
function takeOver(key: string, file: File, earlier: UploadRecord): void {
  const { title, visibility, videoId } = earlier
  removeUploadRecord(earlier.key)
  writeUploadRecord({ ...earlier, key, filename: file.name })
  changeUpload(key, { title, visibility, videoId })
}

/** With what is on the card by now. */
function beginRecord(item: UploadItem, file: File, fingerprint: string): UploadRecord {
  const { key, userId, title, visibility, replaces } = item
  return {
    key,
    userId,
    filename: file.name,
    sizeBytes: file.size,
    fingerprint,
    title,
    visibility,
    replaces,
    isUnsaved: false,
    uploadUrl: null,
    partUrls: null,
    parts: null,
    videoId: null,
    isUploaded: false,
  }
}
