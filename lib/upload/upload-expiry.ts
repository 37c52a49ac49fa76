import { UploadModel, type UploadRecord } from '#lib/db/models/upload'

/** How long an open upload may lie still. */
export const IDLE_MS_MAX = 7 * 86_400_000
/** The record follows what the client was told in steps, to spare a database write with each chunk. */
const STEP_MS = 3_600_000

/** When an upload that is touched now will be given up. */
export function nextExpiry(): Date {
  return new Date(Date.now() + IDLE_MS_MAX)
}

/** Puts the expiry of an open upload off, because its client has just shown itself. */
export async function putOffExpiry(upload: Pick<UploadRecord, '_id' | 'expiresAt'>): Promise<void> {
  const expiresAt = nextExpiry()
  if (expiresAt.getTime() - upload.expiresAt.getTime() < STEP_MS) return
  await UploadModel.updateOne({ _id: upload._id, state: 'open' }, { $set: { expiresAt } })
  upload.expiresAt = expiresAt // the same record may serve the next chunk as well
}
