import { setTimeout as sleep } from 'node:timers/promises'
import { settleChange } from '#lib/catalog/snapshots/settle-change'
import { isDuplicate } from '#lib/db/is-duplicate'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { getServerTime } from '#lib/db/server-time'
import { createId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import { inTurn } from '#lib/in-turn'
import { getLog } from '#lib/log'

/** A process that died holds a lock this long; the next one waits a little longer than that. */
const LEASE_MS = 10_000
const RENEW_MS = 3_000
const WAIT_MS = 15_000
const POLL_MS = 50

export interface VideoLock {
  /** Says that the work ends well but not all of it is on the disk yet: the sweep makes up for it. */
  leaveUnsettled(): void
}

/**
 * Runs work that changes a video's record and files, or takes or restores its snapshots, one at a time between all processes
 * on the same database. The lock of whoever dies, or whose work fails, is left behind: it says that record and files may
 * differ, and whoever comes next, at the latest the sweep, brings them together first. It does not nest.
 * @throws conflict when somebody else does not come to an end; what `work` throws.
 */
export function withVideoLock<T>(videoId: string, work: (lock: VideoLock) => Promise<T>): Promise<T> {
  // Within this process callers line up, which spares them the polling.
  return inTurn(`video ${videoId}`, () => workLocked(videoId, work))
}

async function workLocked<T>(videoId: string, work: (lock: VideoLock) => Promise<T>): Promise<T> {
  const holder = createId()
  const wasLeftBehind = await acquire(videoId, holder)
  const timer = setInterval(() => {
    renew(videoId, holder).catch((error) =>
      getLog('lock').warn({ err: error, videoId }, 'the lock of a video could not be renewed'),
    )
  }, RENEW_MS)
  let isSettled = !wasLeftBehind || (await settle(videoId))
  let isDone = false
  try {
    const result = await work({
      leaveUnsettled: () => {
        isSettled = false
      },
    })
    isDone = true
    return result
  } finally {
    clearInterval(timer)
    const held = { _id: videoId, holder }
    if (isDone && isSettled) await VideoLockModel.deleteOne(held)
    else await VideoLockModel.updateOne(held, { $set: { expiresAt: new Date(0) } })
  }
}

/** A disk in trouble keeps nobody from deleting, say; what could not be settled is left behind once more. */
async function settle(videoId: string): Promise<boolean> {
  try {
    await settleChange(videoId)
    return true
  } catch (error) {
    getLog('lock').warn({ err: error, videoId }, 'a change that was cut off could not be settled yet')
    return false
  }
}

/** Returns whether the lock had been left behind. */
async function acquire(videoId: string, holder: string): Promise<boolean> {
  for (const deadlineMs = performance.now() + WAIT_MS; ; await sleep(POLL_MS)) {
    const taken = await take(videoId, holder)
    if (taken !== 'held') return taken === 'left behind'
    if (performance.now() > deadlineMs) {
      throw new PeekrError('conflict', {
        message: 'Another change of this video is still under way. Try again in a moment.',
      })
    }
  }
}

/** The unique `_id` makes this one step: the insert of whoever comes second is refused. */
async function take(videoId: string, holder: string): Promise<'free' | 'left behind' | 'held'> {
  const now = await getServerTime()
  try {
    const taken = await VideoLockModel.updateOne(
      { _id: videoId, expiresAt: { $lt: now } },
      { $set: { holder, expiresAt: new Date(now.getTime() + LEASE_MS) } },
      { upsert: true, sanitizeFilter: false },
    )
    return taken.upsertedCount > 0 ? 'free' : 'left behind'
  } catch (error) {
    if (isDuplicate(error)) return 'held'
    throw error
  }
}

async function renew(videoId: string, holder: string): Promise<void> {
  const expiresAt = new Date((await getServerTime()).getTime() + LEASE_MS)
  await VideoLockModel.updateOne({ _id: videoId, holder }, { $set: { expiresAt } })
}
