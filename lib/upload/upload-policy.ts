import { getConfig } from '#lib/config'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { formatBytes } from '#lib/domain/format'
import { createId, isId } from '#lib/domain/id'
import { canUpload, type Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import type { HeaderReader } from '#lib/http/require-same-site'
import { parseUploadMetadata } from '#lib/upload/parse-upload-metadata'
import { parseByteCount } from '#lib/upload/require-tus-headers'
import type { PlannedUpload } from '#lib/upload/upload-context'

/** What a POST asks for, if this viewer may have it. @throws forbidden, too_large, bad_request, a ZodError */
export function planUpload(owner: Viewer, header: HeaderReader): PlannedUpload {
  if (!canUpload(owner)) throw new PeekrError('forbidden')
  const sizeBytes = parseByteCount(header('upload-length')) ?? 0
  requireAllowedSize(sizeBytes)
  const metadataHeader = header('upload-metadata') ?? ''
  return {
    uploadId: createId(),
    videoId: createId(),
    owner,
    sizeBytes,
    metadata: parseUploadMetadata(metadataHeader),
    metadataHeader,
  }
}

/** The viewer's own upload. Somebody else's looks as if it did not exist. @throws not_found, forbidden */
export async function getOwnUpload(viewer: Viewer, uploadId: string): Promise<UploadRecord> {
  const upload = isId(uploadId) ? await UploadModel.findById(uploadId).lean() : null
  if (upload === null || upload.ownerId !== viewer.userId) throw new PeekrError('not_found')
  if (!canUpload(viewer)) throw new PeekrError('forbidden')
  return upload
}

function requireAllowedSize(sizeBytes: number): void {
  const { uploadSizeBytesMax } = getConfig()
  if (sizeBytes <= uploadSizeBytesMax) return
  throw new PeekrError('too_large', {
    message: `This file has ${formatBytes(sizeBytes)}; this server accepts up to ${formatBytes(uploadSizeBytesMax)}.`,
  })
}
