import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getConfig } from '#lib/config'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import type { EarlyReport, HeadVerdict } from '#lib/domain/early-play'
import { createId } from '#lib/domain/id'
import { MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST, UPLOADS_FOLDER } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { writeMultivariantPlaylist } from '#lib/hls/multivariant-playlist'
import { dropEarly } from '#lib/jobs/drop-early'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import { onStoredBytes, type StoredBytes } from '#lib/jobs/stored-bytes'
import { getLog } from '#lib/log'
import { getMediaTools } from '#lib/media/media-tools'
import { writeFileWhole } from '#lib/storage/write-file-whole'
import { judgeHead } from '#lib/transcode/early/judge-head'
import { isSourceFailure } from '#lib/transcode/early/run-early'

/** Each costs a decode at times, and a thread of the pool. */
const RUNNING_MAX = 2
const WATCH_MS = 1_000
/** What failed so often is left until all of it has come: each time begins with its first byte. */
const TRIES_MAX = 3
const SETTLED_MAX = 1_000
const GRACE_MS = 20_000
/** A record that was not touched for so long belongs to a process that died. */
const DEAD_MS = 30_000

interface Running {
  stored: SharedArrayBuffer
  stop: AbortController
  ended: Promise<void>
}

/**
 * Plays uploads while they are still arriving, for as long as this process receives them. What is made lies in a folder
 * beside the revisions, is for the owner only, and goes as soon as the video plays by itself, fails, or is cancelled:
 * nothing of it is published, and the pipeline knows nothing of it.
 */
export function startEarlyPlay(): { stop(): Promise<void> } {
  const running = new Map<string, Running>()
  const slots = { free: RUNNING_MAX }
  // What is known of an upload is not looked up again with each of its chunks.
  const settled = new Set<string>()
  const failures = new Map<string, number>()
  const log = getLog('early-play')
  const begin = ({ uploadId, videoId, storedBytes, sizeBytes }: StoredBytes) => {
    const known = running.get(videoId)
    if (known !== undefined) return raise(known.stored, storedBytes)
    if (settled.has(uploadId) || storedBytes >= sizeBytes) return
    const stored = new SharedArrayBuffer(8)
    raise(stored, storedBytes)
    const stop = new AbortController()
    const failed = failures.get(uploadId) ?? 0
    const isLastTry = failed + 1 >= TRIES_MAX
    const ended = playUpload({ uploadId, videoId, sizeBytes, stored, signal: stop.signal, slots, isLastTry })
      .then((outcome) => {
        if (outcome === 'settled') settled.add(uploadId)
        if (settled.size > SETTLED_MAX) settled.clear()
      })
      .catch((error) => {
        if (isCancelled(error)) return
        if (failures.size >= SETTLED_MAX) failures.clear()
        failures.set(uploadId, failed + 1)
        log.warn({ err: error, videoId }, 'this upload could not be played early; the next bytes try again')
      })
      .finally(() => running.delete(videoId))
    running.set(videoId, { stored, stop, ended })
  }
  const unsubscribe = onStoredBytes(begin)
  return {
    async stop() {
      unsubscribe()
      for (const { stop } of running.values()) stop.abort()
      await Promise.allSettled([...running.values()].map(({ ended }) => ended))
    },
  }
}

function raise(stored: SharedArrayBuffer, bytes: number): void {
  const view = new BigInt64Array(stored)
  if (BigInt(bytes) > Atomics.load(view, 0)) Atomics.store(view, 0, BigInt(bytes))
}

interface Upload {
  uploadId: string
  videoId: string
  sizeBytes: number
  stored: SharedArrayBuffer
  signal: AbortSignal
  /** Only what plays takes one: why another cannot be played is said whatever else is going on. */
  slots: { free: number }
  isLastTry: boolean
}

/** Looks at what has come, and plays it if it can be and a slot is free. The next bytes that come tell more, or come later. */
async function playUpload(upload: Upload): Promise<'settled' | 'unknown'> {
  const uploadPath = join(getConfig().dataPath, UPLOADS_FOLDER, upload.uploadId)
  const head = await judgeUpload(uploadPath, upload.stored)
  if (head.kind === 'unknown') return 'unknown'
  if (head.kind === 'refused') return playHead(upload, uploadPath, head)
  const { slots } = upload
  if (slots.free === 0) return 'unknown'
  slots.free -= 1
  try {
    return await playHead(upload, uploadPath, head)
  } finally {
    slots.free += 1
  }
}

/** From the claim to the moment that what was early is gone again. */
async function playHead(
  { uploadId, videoId, sizeBytes, stored, signal, isLastTry }: Upload,
  uploadPath: string,
  head: Exclude<HeadVerdict, { kind: 'unknown' }>,
): Promise<'settled'> {
  const library = await getLibrary()
  const hasRoom = (await library.freeBytes()) > 2 * sizeBytes + ROOM_BYTES_MIN
  const id = head.kind === 'playable' && hasRoom ? createId() : null
  const sentence = head.kind === 'refused' ? head.sentence : hasRoom ? null : NO_ROOM
  const claim = { id, availableSeconds: 0, sentence, beatAt: new Date() }
  const unclaimed = { _id: videoId, uploadId, state: 'uploading' as const, deletedAt: null, early: null }
  if ((await VideoModel.updateOne(unclaimed, { $set: { early: claim } })).modifiedCount === 0)
    return 'settled'
  if (id === null || head.kind !== 'playable') return 'settled'
  const over = new AbortController()
  const stopping = AbortSignal.any([signal, over.signal])
  const watching = watchVideo(videoId, id, stored, sizeBytes, stopping).finally(() => over.abort())
  try {
    await library.createVideo(videoId)
    const outputPath = await library.openRevision(videoId, id)
    const task = runTask(
      'early',
      { uploadPath, sizeBytes, head, stored, outputPath, tools: getMediaTools() },
      { signal: stopping, onReport: (report) => void showEarly(videoId, id, outputPath, report) },
    )
    const sentence = await task.catch((error) => {
      if (isSourceFailure(error))
        return 'It plays once all of it has come, because its beginning could not be read.'
      if (!isLastTry || isCancelled(error)) throw error
      getLog('early-play').warn({ err: error, videoId }, 'this upload could not be played early')
      return GIVEN_UP
    })
    if (sentence !== null) {
      await library.removeRevision(videoId, id)
      await VideoModel.updateOne(
        { _id: videoId, 'early.id': id },
        { $set: { 'early.id': null, 'early.sentence': sentence } },
      )
    }
    await watching
    return 'settled'
  } finally {
    over.abort()
    await Promise.allSettled([watching])
    await clearAway(videoId, id)
  }
}

const ROOM_BYTES_MIN = 1024 ** 3
const NO_ROOM = 'It plays once all of it has come, because the disk has no room for it twice until then.'
const GIVEN_UP =
  'It plays once all of it has come, because what was made of its beginning was cut off several times. Peekr’s log has the reason.'

function isCancelled(error: unknown): boolean {
  return isPeekrError(error) && error.code === 'cancelled'
}

async function judgeUpload(path: string, stored: SharedArrayBuffer): Promise<HeadVerdict> {
  const file = await open(path)
  try {
    const read = async (position: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
      return buffer.subarray(0, bytesRead)
    }
    return await judgeHead(read, Number(Atomics.load(new BigInt64Array(stored), 0)))
  } finally {
    await file.close()
  }
}

/** Ends when nobody needs it any more. */
async function watchVideo(
  videoId: string,
  id: string,
  stored: SharedArrayBuffer,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  let playableAtMs: number | null = null
  while (!signal.aborted) {
    await sleep(WATCH_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const video = await VideoModel.findOneAndUpdate(
      { _id: videoId, deletedAt: null, early: { $ne: null } },
      { $set: { 'early.beatAt': new Date() } },
      { projection: { state: 1, playable: 1, early: 1 }, returnDocument: 'before', sanitizeFilter: false },
    ).lean<Pick<VideoRecord, 'state' | 'playable' | 'early'> | null>()
    if (video === null || !video.early || !UNDER_WAY.includes(video.state)) return
    // Whoever plays it now may go on for a moment; the player then finds the video itself.
    if (video.playable) playableAtMs ??= performance.now()
    if (playableAtMs !== null && performance.now() - playableAtMs > GRACE_MS) return
    // Its last bytes may have come through another process, or in the answer that nobody noted.
    if (video.state !== 'uploading') raise(stored, sizeBytes)
    if (video.early.id !== id && video.early.id !== null) return
  }
}

const UNDER_WAY: VideoRecord['state'][] = ['uploading', 'ingesting', 'transcoding']

async function showEarly(
  videoId: string,
  id: string,
  outputPath: string,
  report: EarlyReport,
): Promise<void> {
  const { rung, availableSeconds } = report
  const { name, width, height, codecs, frameRate, bitrateBps } = rung
  const variant = { width, height, codecs, frameRate, peakBps: bitrateBps, averageBps: bitrateBps }
  try {
    const text = writeMultivariantPlaylist([{ ...variant, uri: `${name}/${MEDIA_PLAYLIST}` }], [])
    await writeFileWhole(join(outputPath, MULTIVARIANT_PLAYLIST), text)
    await VideoModel.updateOne(
      { _id: videoId, 'early.id': id },
      { $set: { 'early.availableSeconds': availableSeconds } },
    )
  } catch (error) {
    // The next segment says it again.
    getLog('early-play').debug({ err: error, videoId }, 'what can be played early could not be shown')
  }
}

/** An upload that was cancelled has no record any more, and then nothing else of it is in the library. */
async function clearAway(videoId: string, id: string): Promise<void> {
  await dropEarly(videoId)
  const library = await getLibrary()
  if ((await VideoModel.exists({ _id: videoId })) === null) await library.deleteVideo(videoId)
  else await library.removeRevision(videoId, id)
}

/** Removes what processes that died left. Safe at any time. */
export async function sweepEarlyPlay(): Promise<void> {
  const dead = await VideoModel.find({ 'early.beatAt': { $lt: new Date(Date.now() - DEAD_MS) } }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  for (const { _id } of dead) await dropEarly(_id)
}
