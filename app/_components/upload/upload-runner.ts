import { DetailedError, Upload, type UploadOptions } from 'tus-js-client'
import { startTransferSpeed, updateTransferSpeed } from '#lib/domain/transfer-speed'
import { sessionEndedStore } from '../shell/session-ended'
import { createChunkSize, readChunkBytes, writeChunkBytes } from './chunk-size'
import { planRetryDelayMs } from './plan-retry-delay'
import { deleteStored } from './stored-uploads'
import { describeUploadError, findResponse, RefusedLookup } from './upload-error'
import { FILE_GONE, type UploadItem } from './upload-item'
import { changeUploadRecord, findUploadRecord } from './upload-records'
import { changeUpload, findUpload } from './upload-store'
import { watchSilence } from './watch-silence'

/** Answers to HEAD that say how an upload stands: here it is, gone, or just being written. */
const HEAD_STATUSES = new Set([200, 204, 404, 410, 423])
/** How long a disk that is full is given, where the server does not say. */
const LATER_MS = 30_000
/** Progress comes many times a second; a person reads four. */
const REFRESH_MS = 250

export interface RunningUpload {
  pause(): Promise<void>
  /** Stops and deletes what the server has stored. */
  cancel(): Promise<void>
  /** Goes on at once instead of waiting for the next retry. */
  nudge(): Promise<void>
  /** How many connections it holds. */
  connections: number
}

/**
 * Sends one file with tus, keeping its entry in the upload store and its record up to date. Resumes what an earlier page or
 * server left unfinished. `onSettled` is called when it has ended: uploaded or failed.
 * @param input.parts to send it in side by side; null for one stream. What has begun stays as it is
 */
export function runUpload(input: {
  item: UploadItem
  file: File
  parts: { start: number; end: number }[] | null
  onVideoId: (videoId: string) => void
  onSettled: () => void
}): RunningUpload {
  const { item, file, onVideoId, onSettled } = input
  const { key } = item
  let timer: ReturnType<typeof setTimeout> | undefined
  let refreshedAtMs = 0
  let failures = 0
  let videoId = item.videoId
  const begun = findUploadRecord(key)
  const parts = begun?.uploadUrl ? null : input.parts

  const chunkSize = createChunkSize(readChunkBytes(), writeChunkBytes)

  const options: UploadOptions = {
    endpoint: new URL('/api/uploads', window.location.href).href,
    chunkSize: chunkSize.bytes(),
    retryDelays: [0],
    ...(parts && { parallelUploads: parts.length, parallelUploadBoundaries: parts }),
    metadataForPartialUploads: { filename: file.name },
    // Where this upload is, or its parts are, is in our own record, under a fingerprint of the file's content.
    fingerprint: async () => key,
    urlStorage: {
      findAllUploads: async () => [],
      findUploadsByFingerprint: async () => [],
      addUpload: async (_, { uploadUrl, parallelUploadUrls }) => {
        changeUploadRecord(key, { uploadUrl: uploadUrl ?? null, partUrls: parallelUploadUrls ?? null })
        return key
      },
      removeUpload: async () => changeUploadRecord(key, { uploadUrl: null, partUrls: null }),
    },
    metadata: buildMetadata(key, file, item),
    onBeforeRequest(request) {
      // Parts have no video: the upload they are put together to gets what was edited meanwhile.
      if (request.getMethod() === 'POST') upload.options.metadata = buildMetadata(key, file, item)
    },
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
      changeUploadRecord(key, { videoId })
      onVideoId(id)
    },
    onShouldRetry(error, attempt, ofRequest) {
      silence.heard()
      if (error instanceof DetailedError) ofRequest.chunkSize = chunkSize.learn(error)
      const problem = describeUploadError(error)
      if (problem.retry !== 'soon') return false
      changeUpload(key, { status: 'waiting', speed: null, message: problem.message })
      if (problem.status === 0) void failIfUnreadable()
      const delayMs = planRetryDelayMs(attempt, readRetryAfter(error), Math.random())
      // tus-js-client looks the delay up by the attempt, and gives up where there is none.
      ofRequest.retryDelays = Array.from({ length: attempt + 2 }, () => delayMs)
      silence.pauseFor(delayMs)
      return true
    },
    onChunkComplete() {
      failures = 0
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
        // Of several parts the others would go on.
        void upload.abort()
        if (problem.status === 401) sessionEndedStore.set(() => true)
        changeUpload(key, { status: 'failed', speed: null, message: problem.message })
        onSettled()
        return
      }
      changeUpload(key, { status: 'waiting', speed: null, message: problem.message })
      clearTimeout(timer)
      const delayMs = planRetryDelayMs(failures, readRetryAfter(error), Math.random())
      failures += 1
      const isAsked = readRetryAfter(error) !== undefined
      timer = setTimeout(
        () => void restart(),
        problem.retry === 'later' && !isAsked ? LATER_MS : Math.max(1000, delayMs),
      )
    },
    onSuccess() {
      silence.stop()
      changeUpload(key, { status: 'uploaded', sentBytes: file.size, speed: null, message: null })
      onSettled()
    },
  }
  const upload = new Upload(file, options)
  if (begun?.uploadUrl || begun?.partUrls) {
    upload.resumeFromPreviousUpload({
      size: file.size,
      metadata: {},
      creationTime: '',
      urlStorageKey: key,
      uploadUrl: begun.uploadUrl,
      parallelUploadUrls: begun.partUrls,
    })
  }
  if (begun?.videoId) {
    videoId = begun.videoId
    changeUpload(key, { videoId })
    onVideoId(videoId)
  }

  const silence = watchSilence(() => void restart())

  /** To XMLHttpRequest a file that is gone is the same as a server that is. */
  async function failIfUnreadable() {
    try {
      await file.slice(0, 1).arrayBuffer()
    } catch {
      if (findUpload(key)?.status !== 'waiting') return
      clearTimeout(timer)
      silence.stop()
      changeUpload(key, { status: 'failed', message: FILE_GONE })
      await upload.abort()
      onSettled()
    }
  }

  async function restart() {
    clearTimeout(timer)
    // Also ends a retry that is waiting; two at once would write the same upload.
    await upload.abort()
    silence.start()
    upload.start()
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
      await upload.abort()
      await deleteStored(findUploadRecord(key))
    },
    nudge: restart,
    connections: parts?.length ?? 1,
  }
}

/** With title and visibility as they are now. */
function buildMetadata(key: string, file: File, begun: UploadItem): Record<string, string> {
  const { title, visibility, replaces } = findUpload(key) ?? begun
  const fingerprint = findUploadRecord(key)?.fingerprint
  return {
    filename: file.name,
    ...(fingerprint && { fingerprint }),
    ...(replaces ? { replaces } : { title: title.trim() || begun.title, visibility }),
  }
}

function readRetryAfter(error: Error): string | undefined {
  return error instanceof DetailedError ? findResponse(error)?.getHeader('Retry-After') : undefined
}
