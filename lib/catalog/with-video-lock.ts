import { setTimeout as sleep } from 'node:timers/promises'
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

/**
 * Runs work that takes or restores snapshots of a video, one at a time between all processes on the same database.
 * It does not nest.
 * @throws conflict when somebody else does not come to an end; what `work` throws.
 */
export function withVideoLock<T>(videoId: string, work: () => Promise<T>): Promise<T> {
  // Within this process callers line up, which spares them the polling.
  return inTurn(`video ${videoId}`, () => workLocked(videoId, work))
}

async function workLocked<T>(videoId: string, work: () => Promise<T>): Promise<T> {
  const holder = createId()
  await acquire(videoId, holder)
  const timer = setInterval(() => {
    writeLease(videoId, holder, { holder }).catch((error) =>
      getLog('lock').warn({ err: error, videoId }, 'the lock of a video could not be renewed'),
    )
  }, RENEW_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    await VideoLockModel.deleteOne({ _id: videoId, holder })
  }
}

async function acquire(videoId: string, holder: string): Promise<void> {
  for (const deadlineMs = performance.now() + WAIT_MS; ; await sleep(POLL_MS)) {
    if (await writeLease(videoId, holder, { expiresAt: { $lt: await getServerTime() } })) return
    if (performance.now() > deadlineMs) {
      throw new PeekrError('conflict', {
        message: 'Another change of this video is still under way. Try again in a moment.',
      })
    }
  }
}

/** The unique `_id` makes this one step: the insert of whoever comes second is refused. */
async function writeLease(videoId: string, holder: string, condition: object): Promise<boolean> {
  const expiresAt = new Date((await getServerTime()).getTime() + LEASE_MS)
  try {
    await VideoLockModel.updateOne(
      { _id: videoId, ...condition },
      { $set: { holder, expiresAt } },
      { upsert: true, sanitizeFilter: false },
    )
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
