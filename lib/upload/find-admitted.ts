import type { UploadRecord } from '#lib/db/models/upload'
import type { Viewer } from '#lib/domain/permissions'
import { getUploadLeases } from '#lib/upload/upload-leases'

/** How long a client that has just been let in may go on without being looked up again. */
const ADMITTED_MS = 2_000

/**
 * Who sent the chunk before this one, and the record of its upload, if these very credentials were checked a moment
 * ago and the upload has been this process's since. Looking up token, account and upload anew costs three round trips
 * with each chunk, as long as writing 8 MiB. An account that is disabled can so add bytes to an upload of its own for
 * two seconds more; a chunk that is under way is not cut either. Nothing else is allowed by it.
 */
export function findAdmitted(
  uploadId: string,
  credentials: string,
): { viewer: Viewer; record: UploadRecord } | null {
  const admitted = getUploadLeases().find(uploadId)?.admitted ?? null
  if (admitted === null || admitted.credentials !== credentials) return null
  return performance.now() - admitted.atMs < ADMITTED_MS ? admitted : null
}
