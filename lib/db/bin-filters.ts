/** Of deleted videos, those that lie in the bin and can still be brought back. */
export function buildBinFilter(now: Date): Record<string, unknown> {
  return { deletedAt: { $ne: null }, eraseAt: { $gt: now } }
}

/** Of deleted videos, those whose time is up, or that never were in the bin: to be erased. */
export function buildEraseFilter(now: Date): Record<string, unknown> {
  return { deletedAt: { $ne: null }, $or: [{ eraseAt: null }, { eraseAt: { $lte: now } }] }
}

/** Whether the second of them holds for a record. */
export function isToErase(video: { deletedAt: Date | null; eraseAt?: Date | null }, now: Date): boolean {
  return video.deletedAt !== null && (video.eraseAt ?? now) <= now
}
