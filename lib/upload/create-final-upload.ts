import { getUploadLimits } from '#lib/auth/upload-limits'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { canUpload, type Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import type { HeaderReader } from '#lib/http/require-same-site'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { toVideoRecord } from '#lib/upload/create-upload'
import { finishUpload } from '#lib/upload/finish-upload'
import { joinParts } from '#lib/upload/join-parts'
import { parseUploadMetadata } from '#lib/upload/parse-upload-metadata'
import { requireVideoCount } from '#lib/upload/reserve-space'
import { nextExpiry } from '#lib/upload/upload-expiry'
import { findStoredBytes } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { requireAllowedSize, requireReplaceable } from '#lib/upload/upload-policy'
import { withHeldUploads } from '#lib/upload/with-held-uploads'

/**
 * Puts complete parts together as one upload with its video, and sends it on its way (tus 1.0, "Concatenation").
 * Asked again with the same parts, as a client does that lost the answer, it is the same upload. No room is asked for:
 * the parts have it. A crash at any point leaves what the sweep undoes (no video yet) or completes.
 * @throws bad_request for parts that are not the viewer's, conflict for parts that are not complete or belong to
 *   another upload, forbidden, too_large, disk_full
 */
export async function createFinalUpload(request: {
  owner: Viewer
  partIds: string[]
  header: HeaderReader
}): Promise<UploadRecord> {
  const { owner, partIds, header } = request
  if (!canUpload(owner)) throw new PeekrError('forbidden')
  const metadataHeader = header('upload-metadata') ?? ''
  const metadata = parseUploadMetadata(metadataHeader)
  if (metadata.replaces !== undefined) await requireReplaceable(owner, metadata.replaces, true)
  const limits = await getUploadLimits(owner.userId)
  const made = await withHeldUploads(partIds, async () => {
    const parts = await getParts(owner, partIds)
    const earlier = await findEarlier(parts)
    if (earlier !== null) return earlier
    await requireComplete(parts)
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
    requireAllowedSize(limits, sizeBytes)
    await requireVideoCount(owner.userId, limits)
    return makeFinal({ owner, sizeBytes, metadata, metadataHeader, partIds })
  })
  if (made.state === 'open') {
    await withHeldUploads([made._id], async () => {
      // The sweep, or the same request sent twice, may have done it by now.
      if ((await UploadModel.exists({ _id: made._id, state: 'open' })) === null) return
      await joinParts(made)
      await finishUpload(made._id)
    })
  }
  return made
}

async function getParts(owner: Viewer, partIds: string[]): Promise<UploadRecord[]> {
  const records = await UploadModel.find({ _id: { $in: partIds }, ownerId: owner.userId, kind: 'partial' })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const byId = new Map(records.map((record) => [record._id, record]))
  return partIds.map((id) => {
    const part = byId.get(id)
    if (part !== undefined && part.state !== 'abandoned') return part
    throw new PeekrError('bad_request', {
      message: 'One of the parts is not there any more. Upload the file again.',
      details: { partId: id },
    })
  })
}

/** The upload these very parts were put together as before, whoever asked then. */
async function findEarlier(parts: UploadRecord[]): Promise<UploadRecord | null> {
  const finalId = parts.find((part) => part.finalId)?.finalId
  if (!finalId) return null
  const final = await UploadModel.findById(finalId).lean()
  const same = final?.parts?.join() === parts.map(({ _id }) => _id).join()
  if (final !== null && same && final.state !== 'abandoned') return final
  throw new PeekrError('conflict', { message: 'One of these parts belongs to another upload already.' })
}

async function requireComplete(parts: UploadRecord[]): Promise<void> {
  for (const { _id, sizeBytes } of parts) {
    const storedBytes = await findStoredBytes(_id, getUploadLeases().find(_id))
    if (storedBytes === sizeBytes) continue
    throw new PeekrError('conflict', {
      message: 'One of the parts is not complete. Upload what is missing of it, then put them together.',
      details: { partId: _id },
    })
  }
}

/** The final's record, then its parts' marks, then its video: only with that is it more than what the sweep undoes. */
async function makeFinal(
  planned: Omit<Parameters<typeof toVideoRecord>[0], 'uploadId' | 'videoId'> & {
    metadataHeader: string
    partIds: string[]
  },
): Promise<UploadRecord> {
  const { owner, sizeBytes, metadata, metadataHeader, partIds } = planned
  const [uploadId, videoId] = [createId(), createId()]
  try {
    const final = await UploadModel.create({
      _id: uploadId,
      kind: 'final',
      videoId,
      ownerId: owner.userId,
      filename: metadata.filename,
      sizeBytes,
      metadata: metadataHeader,
      state: 'open',
      parts: partIds,
      expiresAt: nextExpiry(),
      lease: getUploadLeases().newLease(uploadId),
    })
    for (const _id of partIds) await claimPart(_id, uploadId)
    await VideoModel.create(toVideoRecord({ uploadId, videoId, owner, sizeBytes, metadata }))
    return final.toObject()
  } catch (error) {
    await releaseParts(uploadId)
    await cancelUpload(uploadId)
    throw error
  }
}

async function claimPart(partId: string, finalId: string): Promise<void> {
  const claimed = await UploadModel.updateOne(
    { _id: partId, state: 'open', finalId: null },
    { $set: { state: 'joined', finalId, lease: null, leaseWanted: false } },
  )
  await getUploadLeases().forget(partId)
  if (claimed.modifiedCount === 1) return
  throw new PeekrError('conflict', { message: 'One of these parts belongs to another upload already.' })
}

/** Gives the parts of an upload that could not be made back, as they were. For the sweep too. */
export async function releaseParts(finalId: string): Promise<void> {
  await UploadModel.updateMany({ finalId, state: 'joined' }, { $set: { state: 'open', finalId: null } })
}
