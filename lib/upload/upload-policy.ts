import { requireAttempt, uploadLimits } from '#lib/auth/rate-limit'
import { getUploadLimits, type UploadLimits } from '#lib/auth/upload-limits'
import { getConfig } from '#lib/config'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { formatBytes, plural } from '#lib/domain/format'
import { createId, isId } from '#lib/domain/id'
import { canEdit, canUpload, canWatch, type Viewer } from '#lib/domain/permissions'
import { isPeekrError, PeekrError } from '#lib/errors'
import type { HeaderReader } from '#lib/http/require-same-site'
import { parseUploadMetadata } from '#lib/upload/parse-upload-metadata'
import { parseByteCount } from '#lib/upload/require-tus-headers'
import type { PlannedUpload } from '#lib/upload/upload-context'

/** What a POST asks for, if this viewer may have it. @throws forbidden, too_large, bad_request, a ZodError */
export async function planUpload(owner: Viewer, header: HeaderReader): Promise<PlannedUpload> {
  if (!canUpload(owner)) throw new PeekrError('forbidden')
  const sizeBytes = parseByteCount(header('upload-length')) ?? 0
  const limits = await getUploadLimits(owner.userId)
  requireAllowedSize(limits, sizeBytes)
  await requireAllowedRate(owner.userId, limits)
  const metadataHeader = header('upload-metadata') ?? ''
  const metadata = parseUploadMetadata(metadataHeader)
  const { replaces } = metadata
  const isPart = Boolean(header('upload-concat'))
  if (replaces !== undefined) await requireReplaceable(owner, replaces, isPart)
  const kind = isPart ? 'partial' : replaces === undefined ? 'whole' : 'replacement'
  const uploadId = createId()
  const videoId = kind === 'whole' ? createId() : uploadId
  const planned = { uploadId, kind, videoId, owner, sizeBytes, limits, metadata, metadataHeader } as const
  return { ...planned, ...(replaces !== undefined && { replaces }) }
}

/** @throws not_found, forbidden, conflict, bad_request when this viewer cannot give that video a new file */
export async function requireReplaceable(viewer: Viewer, videoId: string, isPart: boolean): Promise<void> {
  const video = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (video === null || !canWatch(viewer, video)) {
    throw new PeekrError('not_found', {
      message: 'The video this file is for is not there any more. Upload the file as a video of its own.',
    })
  }
  if (!canEdit(viewer, video)) {
    throw new PeekrError('forbidden', {
      message: 'Only its owner or an administrator can give this video a new file.',
    })
  }
  if (video.publishedAt === null) {
    throw new PeekrError('conflict', {
      message:
        'This video has never been ready, so there is nothing to replace. Delete it, and upload the file.',
    })
  }
  if (isPart) {
    throw new PeekrError('bad_request', {
      message: 'A new file for a video comes as one upload: leave Upload-Concat out.',
    })
  }
}

/** The record of an upload, whoever's it is, or null. Anything that is no id names none. */
export async function findUploadRecord(uploadId: string): Promise<UploadRecord | null> {
  return isId(uploadId) ? UploadModel.findById(uploadId).lean() : null
}

/** The viewer's own upload. Somebody else's looks as if it did not exist. @throws not_found, forbidden */
export function requireOwnUpload(viewer: Viewer, upload: UploadRecord | null): UploadRecord {
  if (upload === null || upload.ownerId !== viewer.userId) throw new PeekrError('not_found')
  if (!canUpload(viewer)) throw new PeekrError('forbidden')
  return upload
}

/** @throws too_large when a file of this size is more than its owner may send */
export function requireAllowedSize({ sizeBytesMax }: UploadLimits, sizeBytes: number): void {
  if (sizeBytes <= sizeBytesMax) return
  const isServers = sizeBytesMax === getConfig().uploadSizeBytesMax
  throw new PeekrError('too_large', {
    message:
      `This file has ${formatBytes(sizeBytes)}; ` +
      (isServers
        ? `this server accepts up to ${formatBytes(sizeBytesMax)}.`
        : `your account may send up to ${formatBytes(sizeBytesMax)}. Make it smaller, or ask an administrator for more.`),
  })
}

/** @throws too_many_attempts with the time to wait */
async function requireAllowedRate(userId: string, { creationsMax }: UploadLimits): Promise<void> {
  try {
    await requireAttempt(uploadLimits(userId, creationsMax))
  } catch (error) {
    if (!isPeekrError(error) || error.code !== 'too_many_attempts') throw error
    const { retryAfterSeconds } = error.details
    const minutes = Math.max(1, Math.ceil(Number(retryAfterSeconds) / 60))
    throw new PeekrError('too_many_attempts', {
      message: `You have begun ${creationsMax} uploads within a quarter of an hour, which is as many as you may. Those that run go on; begin the next in ${plural(minutes, 'minute')}.`,
      details: { retryAfterSeconds },
    })
  }
}
