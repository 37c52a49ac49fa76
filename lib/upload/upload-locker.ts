import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

const WAIT_MS = 10_000

interface Holder {
  requestRelease: () => void
  waiting: (() => void)[]
}

export interface UploadLocker {
  /** Waits for the lock, asking whoever holds it to let go. @throws locked when that takes too long. */
  lock(uploadId: string, requestRelease: () => void): Promise<() => void>
  /** The lock if it is free right now, else null: for the sweep, which must not disturb an upload. */
  tryLock(uploadId: string): (() => void) | null
}

/**
 * One writer per upload in this process. A newcomer wins: the client that lost its connection comes back on a new one
 * while the old request still waits for bytes. Those who wait are served in the order they came, without polling
 * (@tus/server's own locker spins on setImmediate). Returned functions release the lock; calling them twice is safe.
 */
export function createUploadLocker(waitMs = WAIT_MS): UploadLocker {
  const holders = new Map<string, Holder>()

  function take(uploadId: string, requestRelease: () => void, waiting: (() => void)[]): () => void {
    const holder = { requestRelease, waiting }
    holders.set(uploadId, holder)
    return () => {
      if (holders.get(uploadId) !== holder) return
      const next = holder.waiting.shift()
      if (next === undefined) holders.delete(uploadId)
      else next()
    }
  }

  async function lock(uploadId: string, requestRelease: () => void): Promise<() => void> {
    const holder = holders.get(uploadId)
    if (holder === undefined) return take(uploadId, requestRelease, [])
    const { waiting } = holder
    return new Promise((resolve, reject) => {
      const serve = () => {
        clearTimeout(timer)
        resolve(take(uploadId, requestRelease, waiting))
        // Somebody came after us and has already been told that the lock will be free.
        if (waiting.length > 0) requestRelease()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(serve), 1)
        reject(new PeekrError('locked', { details: { uploadId, retryAfterSeconds: 2 } }))
      }, waitMs)
      waiting.push(serve)
      holder.requestRelease()
    })
  }

  function tryLock(uploadId: string): (() => void) | null {
    return holders.has(uploadId) ? null : take(uploadId, () => {}, [])
  }

  return { lock, tryLock }
}

/** The locker of this process. */
export function getUploadLocker(): UploadLocker {
  return singleton('upload.locker', () => createUploadLocker())
}
