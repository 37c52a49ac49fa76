import { titleFromFilename, type Visibility } from '#lib/domain/video'
import { callApi, errorSentence } from '../api-client'
import { showToast } from '../controls/toast-store'
import { isUnderWay } from './upload-item'
import type { RunningUpload } from './upload-runner'
import { changeUpload, findUpload, removeUpload, uploadStore } from './upload-store'

/** More at once only share the same line, and make each one finish later. */
const RUNNING_MAX = 2

const files = new Map<string, File>()
const running = new Map<string, RunningUpload>()
let userId = ''
let listening = false

/** Puts files into the queue and starts as many as may run. A file that is in it already is not taken twice. */
export function addUploads(chosen: Iterable<File>, ownerId: string): void {
  userId = ownerId
  listen()
  for (const file of chosen) {
    if (isInQueue(file)) {
      showToast('bad', `“${file.name}” is in the list already.`)
      continue
    }
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    files.set(key, file)
    uploadStore.set((items) => [
      {
        key,
        filename: file.name,
        sizeBytes: file.size,
        sentBytes: 0,
        speed: null,
        status: 'queued',
        message: null,
        videoId: null,
        title: titleFromFilename(file.name),
        visibility: 'private',
      },
      ...items,
    ])
  }
  startNext()
}

export async function pauseUpload(key: string): Promise<void> {
  changeUpload(key, { status: 'paused', speed: null, message: null })
  await running.get(key)?.pause()
  startNext()
}

/** For paused and failed uploads alike: nothing that is stored is sent again. */
export function resumeUpload(key: string): void {
  const upload = running.get(key)
  if (upload === undefined) {
    changeUpload(key, { status: 'queued', message: null })
    startNext()
    return
  }
  changeUpload(key, { status: 'starting', message: null })
  void upload.nudge()
}

/** Stops an upload and deletes what is stored of it. */
export async function cancelUpload(key: string): Promise<void> {
  const upload = running.get(key)
  const wasQueued = findUpload(key)?.status === 'queued'
  changeUpload(key, { status: 'paused', speed: null })
  try {
    if (!wasQueued) await upload?.cancel()
  } catch {
    showToast(
      'bad',
      'The upload was stopped, but the server still holds a part of it. It deletes that by itself later.',
    )
  }
  forgetUpload(key)
  startNext()
}

/** Takes a finished or failed upload off the list. */
export function forgetUpload(key: string): void {
  running.delete(key)
  files.delete(key)
  removeUpload(key)
}

/** Changes title or visibility, now on the card and, as soon as the server knows the video, there. */
export async function changeUploadDetails(
  key: string,
  change: { title?: string; visibility?: Visibility },
): Promise<void> {
  changeUpload(key, change)
  const videoId = findUpload(key)?.videoId
  if (videoId) await sendDetails(videoId, change)
}

async function sendDetails(
  videoId: string,
  change: { title?: string; visibility?: Visibility },
): Promise<void> {
  try {
    await callApi(`/api/videos/${videoId}`, { method: 'PATCH', body: change })
  } catch (error) {
    showToast('bad', `The details were not saved. ${errorSentence(error)}`)
  }
}

function startNext(): void {
  const active = uploadStore
    .get()
    .filter((item) => ['starting', 'uploading', 'waiting'].includes(item.status)).length
  const queued = uploadStore.get().filter((item) => item.status === 'queued')
  // The list shows the newest first; the queue is fair.
  for (const item of queued.reverse().slice(0, Math.max(0, RUNNING_MAX - active))) void start(item.key)
}

async function start(key: string): Promise<void> {
  const item = findUpload(key)
  const file = files.get(key)
  if (item === undefined || file === undefined) return
  changeUpload(key, { status: 'starting' })
  try {
    // The tus client is loaded with the first upload only; no other page carries it.
    const { runUpload } = await import('./upload-runner')
    const upload = await runUpload({
      item,
      file,
      userId,
      onVideoId: (videoId) => sendEditsMadeMeanwhile(key, videoId, item),
      onSettled: startNext,
    })
    const now = findUpload(key)
    if (now === undefined) return await upload.cancel()
    running.set(key, upload)
    // Paused while the client was still loading.
    if (now.status === 'paused') await upload.pause()
  } catch (error) {
    changeUpload(key, { status: 'failed', message: errorSentence(error) })
  }
}

function sendEditsMadeMeanwhile(
  key: string,
  videoId: string,
  sent: { title: string; visibility: Visibility },
): void {
  const now = findUpload(key)
  if (now === undefined || (now.title === sent.title && now.visibility === sent.visibility)) return
  void sendDetails(videoId, { title: now.title, visibility: now.visibility })
}

function isInQueue(file: File): boolean {
  return uploadStore.get().some((item) => {
    const other = files.get(item.key)
    return (
      item.status !== 'uploaded' &&
      other?.name === file.name &&
      other.size === file.size &&
      other.lastModified === file.lastModified
    )
  })
}

function listen(): void {
  if (listening) return
  listening = true
  window.addEventListener('online', () => {
    for (const item of uploadStore.get()) if (item.status === 'waiting') void running.get(item.key)?.nudge()
  })
  window.addEventListener('beforeunload', (event) => {
    if (uploadStore.get().some(isUnderWay)) event.preventDefault()
  })
}
