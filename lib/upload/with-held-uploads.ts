import { getUploadLeases } from '#lib/upload/upload-leases'
import { getUploadLocker } from '#lib/upload/upload-locker'

/**
 * Runs `work` while nobody else, in this process or another, writes these uploads; requests that do are cut short.
 * Always in the same order, so that two who want some of the same cannot wait for each other.
 * @throws locked when one is not let go in time
 */
export async function withHeldUploads<T>(uploadIds: string[], work: () => Promise<T>): Promise<T> {
  const leases = getUploadLeases()
  const releases: (() => void)[] = []
  const held: string[] = []
  try {
    for (const uploadId of uploadIds.toSorted()) {
      releases.push(await getUploadLocker().lock(uploadId, () => {}))
      const entry = await leases.hold(uploadId)
      if (entry !== null) entry.interrupt ??= () => {}
      held.push(uploadId)
    }
    return await work()
  } finally {
    for (const uploadId of held) {
      const entry = leases.find(uploadId)
      if (entry === null) continue
      entry.interrupt = null
      entry.usedAtMs = performance.now()
    }
    for (const release of releases) release()
  }
}
