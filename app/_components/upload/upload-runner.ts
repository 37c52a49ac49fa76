import { DetailedError, Upload } from 'tus-js-client'
import { startTransferSpeed, updateTransferSpeed } from '#lib/domain/transfer-speed'
import { sessionEndedStore } from '../shell/session-ended'
import { createChunkSize } from './chunk-size'
import { describeUploadError, RefusedLookup } from './upload-error'
import type { UploadItem } from './upload-item'
import { findUploadRecord, removeUploadRecord, writeUploadRecord } from './upload-records'
import { changeUpload, findUpload } from './upload-store'
import { watchSilence } from './watch-silence'

const CHUNK_KEY = 'peekr-chunk-bytes'
const RETRY_DELAYS_MS = [0, 1000, 3000, 5000, 10_000, 20_000]
/** Answers to HEAD that say how an upload stands: here it is, gone, or just being written. */
const HEAD_STATUSES = new Set([200, 204, 404, 410, 423])
/** Progress comes many times a second; a person reads four. */
const REFRESH_MS = 250

export interface RunningUpload {
  pause(): Promise<void>
  /** Stops and deletes what the server has stored. */
  cancel(): Promise<void>
  /** Goes on at once instead of waiting for the next retry. */
  nudge(): Promise<void>
}

/**
 * Sends one file with tus, keeping its entry in the upload store up to date. Resumes what an earlier page or
 * server left unfinished. `onSettled` is called when it has ended: uploaded or failed.
 */
export async function runUpload(input: {
  item: UploadItem
  file: File
  userId: string
  onVideoId: (videoId: string) => void
  onSettled: () => void
}): Promise<RunningUpload> {
  const { item, file, userId, onVideoId, onSettled } = input
  const { key } = item
  let timer: ReturnType<typeof setTimeout> | undefined
  let refreshedAtMs = 0
  let videoId = item.videoId

  const chunkSize = createChunkSize(readChunkBytes(), writeChunkBytes)

  const upload = new Upload(file, {
    endpoint: new URL('/api/uploads', window.location.href).href,
    chunkSize: chunkSize.bytes(),
    retryDelays: RETRY_DELAYS_MS,
    removeFingerprintOnSuccess: true,
    metadata: { filename: file.name, title: item.title, visibility: item.visibility },
    onAfterResponse(request, response) {
      silence.heard()
      // tus-js-client takes any refused HEAD for a lost upload and starts a new one. A server that is starting (503)
      // or a session that ended (401) must not cost what is stored: made an error, it is retried or shown instead.
      if (request.getMethod() === 'HEAD' && !HEAD_STATUSES.has(response.getStatus())) {
        throw new RefusedLookup(response)
      }
      const id = response.getHeader('Peekr-Video-Id')
      if (!id || id === videoId) return
      videoId = id
      changeUpload(key, { videoId })
      onVideoId(id)
    },
    onUploadUrlAvailable() {
      remember()
    },
    onShouldRetry(error) {
      silence.heard()
      if (error instanceof DetailedError) upload.options.chunkSize = chunkSize.learn(error)
      const problem = describeUploadError(error)
      if (problem.retry === 'soon')
        changeUpload(key, { status: 'waiting', speed: null, message: problem.message })
      return problem.retry === 'soon'
    },
    onProgress(sentBytes) {
      silence.heard()
      const nowMs = performance.now()
      if (nowMs - refreshedAtMs < REFRESH_MS && sentBytes < file.size) return
      refreshedAtMs = nowMs
      const before = findUpload(key)
      if (before === undefined || before.status === 'paused') return
      const speed = before.speed
        ? updateTransferSpeed(before.speed, sentBytes, nowMs)
        : startTransferSpeed(sentBytes, nowMs)
      changeUpload(key, { status: 'uploading', sentBytes, speed, message: null })
    },
    onError(error) {
      const problem = describeUploadError(error)
      if (problem.retry === 'never') {
        silence.stop()
        if (problem.status === 401) sessionEndedStore.set(() => true)
        changeUpload(key, { status: 'failed', speed: null, message: problem.message })
        onSettled()
        return
      }
      changeUpload(key, { status: 'waiting', speed: null, message: problem.message })
      clearTimeout(timer)
      timer = setTimeout(() => upload.start(), problem.retry === 'later' ? 30_000 : 10_000)
    },
    onSuccess() {
      silence.stop()
      if (upload.url) removeUploadRecord(upload.url)
      changeUpload(key, { status: 'uploaded', sentBytes: file.size, speed: null, message: null })
      onSettled()
    },
  })

  const silence = watchSilence(() => void restart())

  async function restart() {
    clearTimeout(timer)
    // Also ends a retry that is waiting; two at once would write the same upload.
    await upload.abort()
    silence.start()
    upload.start()
  }

  function remember() {
    if (!upload.url) return
    const { url } = upload
    writeUploadRecord({
      uploadUrl: url,
      userId,
      videoId,
      filename: file.name,
      sizeBytes: file.size,
      title: item.title,
    })
  }

  const previous = await upload.findPreviousUploads()
  const resumable = previous
    .map((candidate) => ({ candidate, record: findUploadRecord(candidate.uploadUrl ?? '') }))
    .findLast(({ record }) => record?.userId === userId)
  if (resumable) {
    upload.resumeFromPreviousUpload(resumable.candidate)
    videoId = resumable.record?.videoId ?? videoId
    if (videoId) {
      changeUpload(key, { videoId })
      onVideoId(videoId)
    }
  }
  silence.start()
  upload.start()

  return {
    async pause() {
      clearTimeout(timer)
      silence.stop()
      await upload.abort()
    },
    async cancel() {
      clearTimeout(timer)
      silence.stop()
      const { url } = upload
      await upload.abort(true).catch(rethrowUnlessGone)
      if (url) removeUploadRecord(url)
    },
    nudge: restart,
  }
}

/** What an earlier upload in this browser learnt of the proxies on the way. */
function readChunkBytes(): number | null {
  try {
    return Number(localStorage.getItem(CHUNK_KEY)) || null
  } catch {
    return null // storage is switched off: it is learnt anew
  }
}

function writeChunkBytes(bytes: number): void {
  try {
    localStorage.setItem(CHUNK_KEY, String(bytes))
  } catch {
    // Storage is full or switched off; the next upload learns it anew.
  }
}

function rethrowUnlessGone(error: Error): void {
  if (![404, 410].includes(describeUploadError(error).status)) throw error
}
