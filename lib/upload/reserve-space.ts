import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { getUploadLimits, type UploadLimits } from '#lib/auth/upload-limits'
import { getConfig } from '#lib/config'
import { buildBinFilter } from '#lib/db/bin-filters'
import { UploadModel } from '#lib/db/models/upload'
import { type PendingUpload, UploadLedgerModel, type UploadLedgerRecord } from '#lib/db/models/upload-ledger'
import { VideoModel } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import { formatBytes, plural } from '#lib/domain/format'
import type { ErrorCode } from '#lib/error-codes'
import { isSourceFault, PeekrError } from '#lib/errors'
import { inTurn } from '#lib/in-turn'
import { getLowWater } from '#lib/jobs/low-water'
import { getSpace } from '#lib/storage/free-space'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { uploadFilePath, uploadsPath } from '#lib/upload/upload-files'

export interface SpaceRequest {
  uploadId: string
  ownerId: string
  sizeBytes: number
  /** Whether it becomes a video of its own; parts do not. */
  isVideo?: boolean
  /** Looked up when left out. */
  limits?: UploadLimits
}

const LEDGER_ID = 'uploads'
const ATTEMPTS_MAX = 100
/** A creation that has not made its records by then has died. */
const PENDING_MS_MAX = 60_000

/**
 * Grants an upload its whole length before the first byte, or refuses. What is taken is added up anew each time from
 * the records of videos and uploads, so nothing has to be given back and nothing can drift. The ledger's version makes
 * the sum and the grant one step between processes: a grant written meanwhile makes this one look again. In one
 * process creations queue up, which spares them the second look. Call `settleReservation` when the records are there.
 * @throws quota_exceeded, disk_full
 */
export async function reserveSpace(request: SpaceRequest): Promise<void> {
  const { uploadId, ownerId, sizeBytes, isVideo = true } = request
  const limits = request.limits ?? (await getUploadLimits(ownerId))
  await inTurn('upload reservations', async () => {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      // Read before adding up: a creation that settles in between is then counted once, as a record.
      const ledger = await getLedger()
      await requireQuota(request, limits, ledger.pending)
      if (isVideo) await requireVideoCount(ownerId, limits, ledger.pending)
      await requireDiskSpace(request, ledger.pending)
      const granted = await UploadLedgerModel.updateOne(
        { _id: LEDGER_ID, version: ledger.version },
        { $inc: { version: 1 }, $push: { pending: { uploadId, ownerId, sizeBytes, at: new Date() } } },
      )
      if (granted.modifiedCount === 1) return
      await sleep(5 + Math.random() * 20)
    }
    throw new PeekrError('database_away', { details: { reason: 'the upload ledger changed too often' } })
  })
}

/** Takes a creation out of the ledger, whether it made its records or failed. Twice is safe. */
export async function settleReservation(uploadId: string): Promise<void> {
  await UploadLedgerModel.updateOne({ _id: LEDGER_ID }, { $pull: { pending: { uploadId } } })
}

/** For the sweep: drops what a killed process left in the ledger. */
export async function settleDeadReservations(): Promise<void> {
  const ledger = await UploadLedgerModel.findById(LEDGER_ID).lean()
  for (const { uploadId, at } of ledger?.pending ?? []) {
    if (Date.now() - at.getTime() > PENDING_MS_MAX) await settleReservation(uploadId)
  }
}

/**
 * Bytes an owner's videos count for: what was uploaded of each, while it or a retry of it holds space; and parts that
 * are not put together yet; and for a video whose file is replaced, both files. Videos are read first: a part that has joined one of them by then counts as that video,
 * any other as itself, so that none counts twice or not at all while it is being joined.
 */
export async function sumOwnerBytes(ownerId: string, exceptUploadIds: ReadonlySet<string>): Promise<number> {
  // What lies in the bin still takes up its space; otherwise deleting and uploading in turn would go past any quota.
  const held = { ownerId, $or: [{ deletedAt: null }, buildBinFilter(await getServerTime())] }
  const videos = await VideoModel.find(held, {
    uploadId: 1,
    state: 1,
    failure: 1,
    source: 1,
    replacing: 1,
    replaced: 1,
  })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const parts = await UploadModel.find(
    { ownerId, kind: 'partial', state: { $in: ['open', 'joined'] } },
    { sizeBytes: 1, state: 1, finalId: 1 },
  )
    .setOptions({ sanitizeFilter: false })
    .lean()
  const finals = await findOpenFinals(parts)
  const known = new Set(videos.map(({ uploadId }) => uploadId))
  let sumBytes = 0
  for (const { uploadId, state, failure, source, replacing, replaced } of videos) {
    sumBytes += replacing?.source.sizeBytes ?? 0
    for (const { isKept, sizeBytes } of replaced ?? []) sumBytes += isKept ? sizeBytes : 0

    const isGone = state === 'failed' && failure !== null && !isSourceKept(failure.code)
    if (!isGone && !exceptUploadIds.has(uploadId)) sumBytes += source.sizeBytes
  }
  for (const { _id, sizeBytes } of await findOpenReplacements(ownerId)) {
    if (!exceptUploadIds.has(_id)) sumBytes += sizeBytes
  }
  for (const { _id, sizeBytes, finalId } of parts) {
    const isElsewhere = finalId ? known.has(finalId) || !finals.has(finalId) : exceptUploadIds.has(_id)
    if (!isElsewhere) sumBytes += sizeBytes
  }
  return sumBytes
}

/** New files on their way to videos that there are; once they have arrived, their video names them. */
function findOpenReplacements(ownerId: string): Promise<{ _id: string; sizeBytes: number }[]> {
  return UploadModel.find({ ownerId, kind: 'replacement', state: 'open' }, { sizeBytes: 1 }).lean()
}

/** Of the finals that parts have joined, those that are not done with: a joined part of any other is only a record. */
async function findOpenFinals(parts: { finalId?: string | null }[]): Promise<Set<string>> {
  const ids = [...new Set(parts.flatMap(({ finalId }) => finalId ?? []))]
  if (ids.length === 0) return new Set()
  const open = await UploadModel.find({ _id: { $in: ids }, state: 'open' }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  return new Set(open.map(({ _id }) => _id))
}

/** As the pipeline leaves it: a file that is itself the problem goes, and so does one that never came whole. */
function isSourceKept(code: ErrorCode): boolean {
  return !isSourceFault(code) && code !== 'upload_expired'
}

async function getLedger(): Promise<UploadLedgerRecord> {
  const known = await UploadLedgerModel.findById(LEDGER_ID).lean()
  if (known !== null) return known
  await UploadLedgerModel.updateOne(
    { _id: LEDGER_ID },
    { $setOnInsert: { version: 0, pending: [] } },
    { upsert: true },
  )
  return (await UploadLedgerModel.findById(LEDGER_ID).lean()) ?? { _id: LEDGER_ID, version: 0, pending: [] }
}

/** @throws quota_exceeded when an owner has as many videos as they may, begun ones included */
export async function requireVideoCount(
  ownerId: string,
  { videosMax }: UploadLimits,
  pending: PendingUpload[] = [],
): Promise<void> {
  if (videosMax === null) return
  const beginning = pending.filter((upload) => upload.ownerId === ownerId).map(({ uploadId }) => uploadId)
  const there = await VideoModel.countDocuments({
    ownerId,
    deletedAt: null,
    state: { $ne: 'failed' },
    uploadId: { $nin: beginning },
  }).setOptions({ sanitizeFilter: false })
  if (there + beginning.length < videosMax) return
  throw new PeekrError('quota_exceeded', {
    message: `Your account may have ${plural(videosMax, 'video')}, and has as many. Delete some, or ask an administrator for more.`,
  })
}

async function requireQuota(
  request: SpaceRequest,
  { quotaBytes }: UploadLimits,
  pending: PendingUpload[],
): Promise<void> {
  if (quotaBytes === null) return
  const mine = pending.filter(({ ownerId }) => ownerId === request.ownerId)
  const pendingIds = new Set(mine.map(({ uploadId }) => uploadId))
  const usedBytes = sumSizes(mine) + (await sumOwnerBytes(request.ownerId, pendingIds))
  if (usedBytes + request.sizeBytes <= quotaBytes) return
  throw new PeekrError('quota_exceeded', {
    message:
      `This file has ${formatBytes(request.sizeBytes)}, and ${formatBytes(quotaBytes - usedBytes)} of your quota ` +
      `of ${formatBytes(quotaBytes)} are left. Delete videos, empty your bin, or ask for more.`,
    details: { usedBytes },
  })
}

async function requireDiskSpace(request: SpaceRequest, pending: PendingUpload[]): Promise<void> {
  await requireAboveLowWater()
  const { freeBytes } = await withStorageErrors(() => getSpace(uploadsPath()))
  const pendingIds = new Set(pending.map(({ uploadId }) => uploadId))
  let promisedBytes = sumSizes(pending)
  const open = await UploadModel.find({ state: 'open' }, { sizeBytes: 1, kind: 1 }).lean()
  for (const { _id, sizeBytes, kind } of open) {
    // The bytes of a final upload are on the disk already, as its parts.
    if (!pendingIds.has(_id) && kind !== 'final')
      promisedBytes += sizeBytes - Math.min(sizeBytes, await storedBytes(_id))
  }
  const roomBytes = freeBytes - promisedBytes - getConfig().reserveBytes
  if (request.sizeBytes <= roomBytes) return
  throw new PeekrError('disk_full', {
    message:
      `This file has ${formatBytes(request.sizeBytes)}, and the server has room for ${formatBytes(roomBytes)}. ` +
      'Free some space on the server, then upload it again.',
    details: { freeBytes, promisedBytes },
  })
}

/** @throws disk_full while so little is free that nothing new is begun */
async function requireAboveLowWater(): Promise<void> {
  const { isLow, freeBytes, markBytes } = await getLowWater()
  if (!isLow) return
  throw new PeekrError('disk_full', {
    message: `The server is nearly full: ${formatBytes(freeBytes)} are free. Uploads go on by themselves when there is more; what is stored plays meanwhile.`,
    details: { freeBytes, markBytes },
  })
}

async function storedBytes(uploadId: string): Promise<number> {
  try {
    return (await stat(uploadFilePath(uploadId))).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
}

function sumSizes(uploads: { sizeBytes: number }[]): number {
  return uploads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
