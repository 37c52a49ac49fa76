import { isDuplicate } from '#lib/db/is-duplicate'
import { StorageStateModel, type StorageStateRecord } from '#lib/db/models/storage-state'
import { getServerTime } from '#lib/db/server-time'
import { createId } from '#lib/domain/id'
import { getLog } from '#lib/log'

const LEASE_MS = 30_000
const RENEW_MS = 8_000
const TRUSTED = { sanitizeFilter: false } as const

/**
 * Does work on the storage that one process at a time must do, whatever the number of servers. `work` gets a signal that
 * is aborted when the lease is lost or `signal` is.
 * @returns whether it was done; false when another process is at it
 */
export async function withStorageLease(
  name: StorageStateRecord['_id'],
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const holder = createId()
  if (!(await write(name, holder, { $lt: await getServerTime() }))) return false
  const lost = new AbortController()
  const timer = setInterval(() => {
    write(name, holder, null).then(
      (held) => held || lost.abort(),
      (error) => {
        getLog('storage').warn({ err: error, name }, 'the lease of the storage could not be renewed')
        lost.abort()
      },
    )
  }, RENEW_MS)
  try {
    await work(AbortSignal.any([signal, lost.signal]))
    return true
  } finally {
    clearInterval(timer)
    await StorageStateModel.updateOne(
      { _id: name, holder },
      { $set: { holder: null, expiresAt: null } },
      TRUSTED,
    )
  }
}

/** Takes a lease that is free or ran out, or with null renews one's own. */
async function write(
  name: StorageStateRecord['_id'],
  holder: string,
  lapsed: { $lt: Date } | null,
): Promise<boolean> {
  const expiresAt = new Date((await getServerTime()).getTime() + LEASE_MS)
  const free = lapsed === null ? { holder } : { $or: [{ expiresAt: null }, { expiresAt: lapsed }] }
  try {
    const written = await StorageStateModel.updateOne(
      { _id: name, ...free },
      { $set: { holder, expiresAt } },
      { upsert: lapsed !== null, ...TRUSTED },
    )
    return written.matchedCount + written.upsertedCount === 1
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
