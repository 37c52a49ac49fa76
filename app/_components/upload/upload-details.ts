import type { Visibility } from '#lib/domain/video'
import { ApiError, callApi, errorSentence } from '../api-client'
import { showToast } from '../controls/toast-store'
import {
  changeUploadRecord,
  findUploadRecord,
  readUploadRecords,
  removeUploadRecord,
  type UploadRecord,
  writeUploadRecord,
} from './upload-records'
import { changeUpload, findUpload, uploadStore } from './upload-store'

const RETRY_MS = 15_000
const saving = new Set<string>()
const retries = new Map<string, ReturnType<typeof setTimeout>>()

/**
 * Title and visibility as they are being edited: kept in this browser from the first letter on, so that neither a crash nor
 * a network that is away loses them. `saveDetails` brings them to the server.
 */
export function editDetails(key: string, change: { title?: string; visibility?: Visibility }): void {
  changeUpload(key, change)
  // An empty title is on its way to being another one.
  if (change.title?.trim() === '') return
  if (findUploadRecord(key) === null) recordUploaded(key)
  changeUploadRecord(key, { ...change, isUnsaved: true })
}

/** The record of an upload ends with it; what is typed on its card afterwards needs one again. */
function recordUploaded(key: string): void {
  const item = findUpload(key)
  if (item?.status !== 'uploaded' || item.replaces) return
  const { userId, filename, sizeBytes, title, visibility, replaces, videoId } = item
  const nowhere = { fingerprint: '', uploadUrl: null, partUrls: null, parts: null }
  const details = { title, visibility, isUnsaved: true, replaces, videoId, isUploaded: true }
  writeUploadRecord({ key, userId, filename, sizeBytes, ...nowhere, ...details })
}

/**
 * Sends what was edited to the video, as soon as there is one; tries again while the server is away. Twice is safe.
 * @param isLeaving whether the page is being left, so that the request must do without it
 */
export async function saveDetails(key: string, isLeaving = false): Promise<void> {
  const record = findUploadRecord(key)
  if (record === null || !record.isUnsaved || record.videoId === null || record.replaces || saving.has(key))
    return
  saving.add(key)
  try {
    const { title, visibility } = record
    const body = { title: title.trim(), visibility }
    await callApi(`/api/videos/${record.videoId}`, { method: 'PATCH', body, keepalive: isLeaving })
    settle(record)
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0
    if (status === 0 || status === 401 || status === 429 || status >= 500) {
      clearTimeout(retries.get(key))
      retries.set(
        key,
        setTimeout(() => void saveDetails(key), RETRY_MS),
      )
    } else {
      settle(record)
      if (status !== 404) showToast('bad', `The details were not saved. ${errorSentence(error)}`)
    }
  } finally {
    saving.delete(key)
  }
  // Edited once more meanwhile.
  const now = findUploadRecord(key)
  if (now !== null && (now.title !== record.title || now.visibility !== record.visibility))
    await saveDetails(key)
}

/** Details that an earlier page could not bring to the server any more. */
export function saveLeftDetails(userId: string): void {
  for (const { key, isUnsaved } of readUploadRecords(userId)) if (isUnsaved) void saveDetails(key)
}

/** The last moment to bring to the server what was typed and whose field was never left. */
export function saveDetailsOnLeaving(): void {
  for (const { key } of uploadStore.get()) void saveDetails(key, true)
}

function settle(sent: UploadRecord): void {
  const now = findUploadRecord(sent.key)
  if (now === null || now.title !== sent.title || now.visibility !== sent.visibility) return
  if (now.isUploaded) removeUploadRecord(sent.key)
  else changeUploadRecord(sent.key, { isUnsaved: false })
}
