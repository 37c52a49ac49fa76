import { StorageEventModel } from '#lib/db/models/storage-event'
import { createId } from '#lib/domain/id'
import type { StorageEventKind } from '#lib/domain/storage-event'
import { getLog } from '#lib/log'

/** Keeps for the admin what happened to the storage. The log has it as well, should the database be on the same disk. */
export async function recordStorageEvent(
  kind: StorageEventKind,
  sentence: string,
  videoId: string | null = null,
): Promise<void> {
  getLog('storage').warn({ kind, videoId }, sentence)
  await StorageEventModel.create({ _id: createId(), at: new Date(), kind, videoId, sentence })
}
