import { titleFromFilename } from '#lib/domain/video'
import { errorSentence } from '../api-client'
import { showToast } from '../controls/toast-store'
import { chooseParts } from './choose-parts'
import { prepareUpload } from './prepare-upload'
import { deleteStored } from './stored-uploads'
import { saveDetails, saveDetailsOnLeaving } from './upload-details'
import { FILE_GONE, isUnderWay, type UploadItem } from './upload-item'
import { changeUploadRecord, findUploadRecord, removeUploadRecord } from './upload-records'
import type { RunningUpload } from './upload-runner'
import { changeUpload, findUpload, removeUpload, uploadStore } from './upload-store'
import { answerOtherTabs } from './uploads-elsewhere'
import { watchWake } from './watch-wake'

/** More at once only share the same line, and make each one finish later. */
const RUNNING_MAX = 2
const RUNNING = ['starting', 'uploading', 'waiting']
const ELSEWHERE =
  'Another tab of this browser is sending this file. Go on there, or close that tab and retry here.'

const files = new Map<string, File>()
const running = new Map<string, RunningUpload>()
/** Wanted although there is a video of the same file. */
const doubles = new Set<string>()
/** Uploads whose record is made. */
const prepared = new Set<string>()
let userId = ''
let listening = false

/**
 * Puts files into the queue and starts as many as may run. A file that is in it already is not taken twice; one that was
 * begun before goes on where it stopped.
 * @param replaces the video that the file is to be the new source of
 */
export function addUploads(chosen: Iterable<File>, ownerId: string, replaces: string | null = null): void {
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
        userId,
        filename: file.name,
        sizeBytes: file.size,
        sentBytes: 0,
        speed: null,
        status: 'queued',
        message: null,
        videoId: null,
        title: titleFromFilename(file.name),
        visibility: 'private',
        replaces,
        same: null,
      },
      ...items,
    ])
    void prepare(key, file)
  }
}

export async function pauseUpload(key: string): Promise<void> {
  changeUpload(key, { status: 'paused', speed: null, message: null })
  await running.get(key)?.pause()
  startNext()
}

/** For paused and failed uploads alike: nothing that is stored is sent again. */
export function resumeUpload(key: string): void {
  const upload = running.get(key)
  const file = files.get(key)
  if (upload !== undefined) {
    changeUpload(key, { status: 'starting', message: null })
    void upload.nudge()
    return
  }
  if (findUpload(key)?.status === 'same') doubles.add(key)
  changeUpload(key, { status: 'queued', message: null, same: null })
  if (prepared.has(key)) startNext()
  else if (file) void prepare(key, file)
}

/** Stops an upload and deletes what is stored of it. */
export async function cancelUpload(key: string): Promise<void> {
  const upload = running.get(key)
  changeUpload(key, { status: 'paused', speed: null })
  try {
    // One that has not had its turn again may have been begun another day.
    await (upload === undefined ? deleteStored(findUploadRecord(key)) : upload.cancel())
  } catch {
    showToast(
      'bad',
      'The upload was stopped, but the server still holds a part of it. It deletes that by itself later.',
    )
  }
  removeUploadRecord(key)
  forgetUpload(key)
  startNext()
}

/** Takes a finished or failed upload off the list. */
export function forgetUpload(key: string): void {
  running.delete(key)
  files.delete(key)
  prepared.delete(key)
  doubles.delete(key)
  removeUpload(key)
}

/** Gets a file ready to be sent, and sends it when it is its turn. */
async function prepare(key: string, file: File): Promise<void> {
  const item = findUpload(key)
  if (item === undefined) return
  try {
    const preparation = await prepareUpload({ item, file, isDouble: doubles.has(key), forget: forgetUpload })
    if (preparation === 'gone') return
    if (preparation === 'ready') {
      prepared.add(key)
      startNext()
    } else if (preparation === 'elsewhere') changeUpload(key, { status: 'failed', message: ELSEWHERE })
    else changeUpload(key, { status: 'same', same: preparation })
  } catch {
    changeUpload(key, { status: 'failed', message: FILE_GONE })
  }
}

function startNext(): void {
  const items = uploadStore.get()
  const active = items.filter((item) => RUNNING.includes(item.status)).length
  const queued = items.filter((item) => item.status === 'queued' && prepared.has(item.key))
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
    const parts = await chooseParts(key, file.size, countConnections())
    const now = findUpload(key)
    // Paused or cancelled meanwhile.
    if (now?.status !== 'starting') return
    running.set(
      key,
      runUpload({
        item: now,
        file,
        parts,
        onVideoId: () => void saveDetails(key),
        onSettled: () => settle(key),
      }),
    )
  } catch (error) {
    changeUpload(key, { status: 'failed', message: errorSentence(error) })
  }
}

function countConnections(): number {
  const isOpen = (key: string) => RUNNING.includes(findUpload(key)?.status ?? '')
  const open = [...running].filter(([key]) => isOpen(key))
  return open.reduce((sum, [, { connections }]) => sum + connections, 0)
}

/** An upload has ended: its record goes, unless there are details still to be saved. */
function settle(key: string): void {
  if (findUpload(key)?.status === 'uploaded') {
    if (findUploadRecord(key)?.isUnsaved) {
      changeUploadRecord(key, { isUploaded: true })
      void saveDetails(key)
    } else removeUploadRecord(key)
  }
  startNext()
}

function isInQueue(file: File): boolean {
  return uploadStore.get().some((item) => {
    const other = files.get(item.key)
    return (
      !['uploaded', 'failed'].includes(item.status) &&
      other?.name === file.name &&
      other.size === file.size &&
      other.lastModified === file.lastModified
    )
  })
}

function listen(): void {
  if (listening) return
  listening = true
  answerOtherTabs()
  window.addEventListener('online', () => goOn(['waiting']))
  // After sleep, what was under way is dead, though no error has come yet.
  watchWake(() => goOn(['waiting', 'uploading']))
  window.addEventListener('beforeunload', (event) => {
    if (uploadStore.get().some(isUnderWay)) event.preventDefault()
  })
  window.addEventListener('pagehide', saveDetailsOnLeaving)
}

function goOn(statuses: UploadItem['status'][]): void {
  for (const item of uploadStore.get()) {
    if (!statuses.includes(item.status)) continue
    void running.get(item.key)?.nudge()
    void saveDetails(item.key)
  }
}
