import { isPeekrError, PeekrError } from '#lib/errors'

/** MongoDB's OutOfDiskSpace: the embedded database shares the disk with the uploads. */
const DATABASE_DISK_FULL = 14_031

/**
 * What @tus/server threw, as one of our errors. Its own are plain objects with a status and a text for programmers;
 * anything else is passed on as it is.
 */
export function toUploadError(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === DATABASE_DISK_FULL) {
    return new PeekrError('disk_full', { cause: error })
  }
  if (isPeekrError(error) || typeof error !== 'object' || error === null || !('status_code' in error))
    return error
  const details = { tus: 'body' in error ? String(error.body) : '' }
  switch (error.status_code) {
    case 404:
      return new PeekrError('not_found', { details })
    case 409:
      return new PeekrError('upload_offset', { details })
    case 410:
      return new PeekrError('upload_expired', { details })
    case 413:
      return new PeekrError('too_large', {
        message: 'These bytes would go beyond the length the upload was created with.',
        details,
      })
    case 400:
      return new PeekrError('bad_request', { details })
    default:
      return new PeekrError('internal', { details })
  }
}
