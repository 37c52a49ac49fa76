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
export async function planUpload(owner: Viewer, header: HeaderReader): Promise<PlannedUpload> {
  if (!canUpload(owner)) throw new PeekrError('forbidden')
  const sizeBytes = parseByteCount(header('upload-length')) ?? 0
  await requireAllowedSize(owner, sizeBytes)
  const kind = header('upload-concat') ? 'partial' : 'whole'
  const uploadId = createId()
  const metadataHeader = header('upload-metadata') ?? ''
  const metadata = parseUploadMetadata(metadataHeader)
  const videoId = kind === 'partial' ? uploadId : createId()
  return { uploadId, kind, videoId, owner, sizeBytes, metadata, metadataHeader }
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

/** @throws too_large when a file of this size is more than the server takes */
export async function requireAllowedSize(_owner: Viewer, sizeBytes: number): Promise<void> {
  const { uploadSizeBytesMax } = getConfig()
  if (sizeBytes <= uploadSizeBytesMax) return
  throw new PeekrError('too_large', {
    message: `This file has ${formatBytes(sizeBytes)}; this server accepts up to ${formatBytes(uploadSizeBytesMax)}.`,
  })
}
