import { requireAttempt, uploadLimits } from '#lib/auth/rate-limit'
import { getUploadLimits, type UploadLimits } from '#lib/auth/upload-limits'
import { getConfig } from '#lib/config'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { formatBytes, plural } from '#lib/domain/format'
import { createId, isId } from '#lib/domain/id'
import { canUpload, type Viewer } from '#lib/domain/permissions'
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
  const kind = header('upload-concat') ? 'partial' : 'whole'
  const uploadId = createId()
  const metadataHeader = header('upload-metadata') ?? ''
  const metadata = parseUploadMetadata(metadataHeader)
  const videoId = kind === 'partial' ? uploadId : createId()
  return { uploadId, kind, videoId, owner, sizeBytes, limits, metadata, metadataHeader }
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
