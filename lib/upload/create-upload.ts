import { getUploadLimits } from '#lib/auth/upload-limits'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { reserveSpace, settleReservation } from '#lib/upload/reserve-space'
import type { PlannedUpload } from '#lib/upload/upload-context'
import { nextExpiry } from '#lib/upload/upload-expiry'
import { makeUploadFile, removeUploadFile } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'

/** Well below the age at which the ledger forgets a reservation: later, the room may be somebody else's. */
const CREATION_MS_MAX = 20_000

/**
 * Makes an upload: room, file, upload record, video record, in this order, so that a crash leaves only what the
 * sweep can tell from a living upload (a file without a record, an upload without a video). Durable when it returns.
 * If a step fails, those before it are undone. This process holds it; `forget` its lease, or let it lapse.
 * @throws quota_exceeded, disk_full, and whatever the database throws
 */
export async function createUpload(planned: PlannedUpload): Promise<void> {
  const { uploadId, kind = 'whole', owner, sizeBytes } = planned
  const startedAt = Date.now()
  try {
    const limits = planned.limits ?? (await getUploadLimits(owner.userId))
    await reserveSpace({ uploadId, ownerId: owner.userId, sizeBytes, isVideo: kind === 'whole', limits })
    await makeUploadFile(uploadId)
    await UploadModel.create(toUploadRecord(planned))
    if (Date.now() - startedAt > CREATION_MS_MAX) throw new PeekrError('database_away')
    if (kind === 'whole') await VideoModel.create(toVideoRecord(planned))
  } catch (error) {
    await undoCreation(planned)
    throw error
  } finally {
    await settle(uploadId)
  }
}

function toUploadRecord(planned: PlannedUpload) {
  const { uploadId, kind = 'whole', videoId, replaces, owner, sizeBytes, metadata, metadataHeader } = planned
  const { isImport = false } = planned
  return {
    _id: uploadId,
    kind,
    videoId,
    ...(replaces && { replaces }),
    ownerId: owner.userId,
    filename: metadata.filename,
    sizeBytes,
    metadata: metadataHeader,
    isImport,
    state: 'open' as const,
    expiresAt: nextExpiry(),
    lease: getUploadLeases().newLease(uploadId),
  }
}

/** The video an upload will be, as it is made with the upload. */
export function toVideoRecord(planned: Omit<PlannedUpload, 'kind' | 'replaces' | 'metadataHeader'>) {
  const { uploadId, videoId, owner, sizeBytes, metadata } = planned
  const { filename, title, visibility, fingerprint } = metadata
  return {
    _id: videoId,
    ownerId: owner.userId,
    uploadId,
    title,
    state: 'uploading' as const,
    visibility,
    ...(fingerprint && { fingerprint }),
    source: { filename, sizeBytes, sha256: null },
  }
}

async function undoCreation({ uploadId, videoId }: PlannedUpload): Promise<void> {
  try {
    await VideoModel.deleteOne({ _id: videoId })
    await UploadModel.deleteOne({ _id: uploadId })
    await getUploadLeases().forget(uploadId)
    await removeUploadFile(uploadId)
  } catch (error) {
    getLog('upload').warn(
      { err: error, uploadId },
      'Undoing an upload that could not be made is left to the sweep.',
    )
  }
}

async function settle(uploadId: string): Promise<void> {
  try {
    await settleReservation(uploadId)
  } catch (error) {
    getLog('upload').warn({ err: error, uploadId }, 'Settling a reservation is left to the sweep.')
  }
}
