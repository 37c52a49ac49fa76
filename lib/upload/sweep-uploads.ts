import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDatabaseAway } from '#lib/db/is-database-away'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { isId } from '#lib/domain/id'
import type { VideoState } from '#lib/domain/video'
import { errorMessage } from '#lib/errors'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { releaseParts } from '#lib/upload/create-final-upload'
import { finishUpload } from '#lib/upload/finish-upload'
import type { HeldUpload } from '#lib/upload/held-upload'
import { joinParts } from '#lib/upload/join-parts'
import { settleDeadReservations } from '#lib/upload/reserve-space'
import {
  findStoredBytes,
  forgetUpload,
  removeUploadFile,
  uploadFilePath,
  uploadsPath,
} from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { getUploadLocker } from '#lib/upload/upload-locker'

export interface UploadSweep {
  finished: number
  expired: number
  removed: number
}

/** What is younger may be a creation that is still making its parts; they give up after 20 s. */
const YOUNG_MS = 30_000
/** How long an upload that has ended can still be asked for. */
const RECORD_MS_MAX = 30 * 86_400_000
const LOOKUP_MAX = 500
/** How files that are not whole yet are called, by joinParts and bringFileIn. */
const ASIDE = /^(.+)\.(?:joining|partial)$/

/**
 * Makes up for what was lost when a process died: finishes uploads whose bytes are all there, gives up those whose
 * client has been silent for a week, and removes files and records that belong to nothing. Call it at start and every
 * half minute; calls that overlap share one run. A finished upload's bytes are never touched.
 */
export function sweepUploads(): Promise<UploadSweep> {
  const state = singleton('upload.sweep', () => ({ running: null as Promise<UploadSweep> | null }))
  state.running ??= runSweep().finally(() => {
    state.running = null
  })
  return state.running
}

async function runSweep(): Promise<UploadSweep> {
  const swept: UploadSweep = { finished: 0, expired: 0, removed: 0 }
  for (const upload of await UploadModel.find({ state: 'open' }).lean()) {
    // One that cannot be settled now, such as a join for which there is no room, must not keep the others.
    const outcome = await sweepOpenUpload(upload).catch((error: unknown) => {
      if (isDatabaseAway(error)) throw error
      getLog('upload').warn({ err: error, uploadId: upload._id }, 'An upload is left to the next sweep.')
      return null
    })
    if (outcome !== null) swept[outcome] += 1
  }
  await forgetGivenUp()
  swept.removed += await removeStrayFiles()
  await settleDeadReservations()
  await UploadModel.deleteMany({
    state: { $in: ['ingested', 'abandoned', 'joined'] },
    updatedAt: { $lt: new Date(Date.now() - RECORD_MS_MAX) },
  }).setOptions({ sanitizeFilter: false })
  if (swept.finished + swept.expired + swept.removed > 0) getLog('upload').info(swept, 'Swept the uploads.')
  return swept
}

/** One upload at a time, and only when no request has it: whoever is writing will finish it himself. */
async function sweepOpenUpload(upload: UploadRecord): Promise<keyof UploadSweep | null> {
  if (Date.now() - upload.createdAt.getTime() < YOUNG_MS && !(await hasAllBytes(upload))) return null
  const release = getUploadLocker().tryLock(upload._id)
  if (release === null) return null
  try {
    const held = await getUploadLeases().tryHold(upload._id)
    return held === null ? null : await settleOpenUpload(upload, held)
  } finally {
    release()
  }
}

async function settleOpenUpload(upload: UploadRecord, held: HeldUpload): Promise<keyof UploadSweep | null> {
  const isExpired = upload.expiresAt.getTime() < Date.now()
  if (upload.kind === 'partial') return isExpired ? giveUpPart(upload) : null
  if (upload.kind === 'replacement') return settleReplacement(upload, held, isExpired)
  const video = await VideoModel.findById(upload.videoId, { state: 1, deletedAt: 1 }).lean()
  if (video === null || video.deletedAt !== null) return removeUpload(upload)
  // Its process ended, or it would hold the lease. The file is where it was, and nobody was told of a video.
  if (upload.isImport && !hasStarted(video.state)) return removeUpload(upload)
  if (upload.kind === 'final' && !isExpired) {
    await joinParts(upload) // its client asked for that, and was told nothing
    return finish(upload)
  }
  const storedBytes = await findStoredBytes(upload._id, held)
  if (storedBytes === upload.sizeBytes || hasStarted(video.state)) return finish(upload)
  if (storedBytes === null)
    return giveUp(upload, 'The part of this file that had come is gone. Upload it again.')
  if (isExpired) return giveUp(upload)
  return null
}

/** A new file for a video that there is, or, when that was deleted meanwhile, for nothing. */
async function settleReplacement(
  upload: UploadRecord,
  held: HeldUpload,
  isExpired: boolean,
): Promise<keyof UploadSweep | null> {
  const video = await VideoModel.findOne({ _id: upload.replaces, deletedAt: null }, { _id: 1 }).lean()
  if (video === null) return removeUpload(upload)
  const storedBytes = await findStoredBytes(upload._id, held)
  if (storedBytes === null) return giveUpPart(upload)
  if (storedBytes < upload.sizeBytes) return isExpired ? giveUpPart(upload) : null
  await finishUpload(upload._id)
  return (await UploadModel.exists({ _id: upload._id, state: 'open' })) === null ? 'finished' : null
}

/** New files that arrived and that their video no longer asks for: it was deleted, or taken back, or refused them. */
async function forgetGivenUp(): Promise<void> {
  const handedOver = { kind: 'replacement' as const, state: 'finished' as const }
  for (const { _id } of await UploadModel.find(handedOver, { _id: 1 }).lean()) {
    if ((await VideoModel.exists({ 'replacing.uploadId': _id })) === null) await forgetUpload(_id)
  }
}

/** Past the upload: the process died between the two marks of finishUpload. */
function hasStarted(state: VideoState): boolean {
  return state !== 'uploading' && state !== 'failed'
}

async function hasAllBytes({ _id, sizeBytes }: UploadRecord): Promise<boolean> {
  return (await findSize(_id)) === sizeBytes
}

/** A part nobody put together with others, or a new file that did not come whole. It has no video that could say so. */
async function giveUpPart({ _id }: UploadRecord): Promise<'expired'> {
  await UploadModel.updateOne({ _id, state: 'open' }, { $set: { state: 'abandoned' } })
  await getUploadLeases().forget(_id)
  await removeUploadFile(_id)
  return 'expired'
}

async function finish({ _id }: UploadRecord): Promise<'finished'> {
  await finishUpload(_id)
  return 'finished'
}

/** The video first: only one of this and finishUpload finds it in `uploading`. */
async function giveUp(
  upload: UploadRecord,
  message = errorMessage('upload_expired'),
): Promise<'expired' | null> {
  const { _id, videoId } = upload
  const failure = { code: 'upload_expired' as const, message }
  await VideoModel.updateOne(
    { _id: videoId, state: 'uploading' },
    { $set: { state: 'failed', failure, progress: 0 } },
  )
  if ((await VideoModel.exists({ _id: videoId, state: 'failed' })) === null) return null
  await UploadModel.updateOne({ _id, state: 'open' }, { $set: { state: 'abandoned' } })
  await getUploadLeases().forget(_id)
  await removeUploadFile(_id)
  return 'expired'
}

async function removeUpload({ _id, kind }: UploadRecord): Promise<'removed'> {
  if (kind === 'final') await releaseParts(_id)
  await cancelUpload(_id)
  return 'removed'
}

/** Files whose upload has ended or never began. Names that are not ours are left alone. */
async function removeStrayFiles(): Promise<number> {
  const all = await readUploadsFolder()
  const names = all.filter(isId)
  let removed = await removeStrayJoins(all)
  for (let start = 0; start < names.length; start += LOOKUP_MAX) {
    const batch = names.slice(start, start + LOOKUP_MAX)
    const records = await UploadModel.find({ _id: { $in: batch } }, { state: 1, finalId: 1 })
      .setOptions({ sanitizeFilter: false })
      .lean()
    const states = new Map(records.map((record) => [record._id, record]))
    for (const name of batch) {
      const { state, finalId } = states.get(name) ?? {}
      if (state === 'open' || state === 'finished') continue
      if (state === 'joined' && (await UploadModel.exists({ _id: finalId, state: 'open' }))) continue
      if (state === undefined && (await isYoung(name))) continue
      await removeUploadFile(name)
      removed += 1
    }
  }
  return removed
}

/** What a join or an import that was cut off wrote, when its upload is no longer open. */
async function removeStrayJoins(names: string[]): Promise<number> {
  let removed = 0
  for (const name of names) {
    const [, uploadId = ''] = ASIDE.exec(name) ?? []
    if (!isId(uploadId) || (await UploadModel.exists({ _id: uploadId, state: 'open' }))) continue
    await rm(join(uploadsPath(), name), { force: true })
    removed += 1
  }
  return removed
}

async function readUploadsFolder(): Promise<string[]> {
  try {
    return await readdir(uploadsPath())
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

async function isYoung(uploadId: string): Promise<boolean> {
  const stats = await findStats(uploadId)
  return stats !== null && Date.now() - stats.mtimeMs < YOUNG_MS
}

async function findSize(uploadId: string): Promise<number | null> {
  return (await findStats(uploadId))?.size ?? null
}

async function findStats(uploadId: string) {
  try {
    return await stat(uploadFilePath(uploadId))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}
