import { LRUCache } from 'lru-cache'
import { BuildModel } from '#lib/db/models/build'
import { enqueueJob } from '#lib/jobs/leases'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'

/** Written at most this often for a video, however many watch it. */
const PAUSE_MS = 10_000
/** Nobody has watched for this long: whoever comes now is new. */
const AWAY_MS = 60_000

/**
 * Notes that somebody plays a video which is still being made, so that what keeps ahead of them is made first. Does not
 * keep the answer waiting; losing it is harmless, since a player asks again every few seconds.
 */
export function noteWatched(videoId: string): void {
  const noted = singleton('stream-watched', () => new LRUCache<string, true>({ max: 1_000, ttl: PAUSE_MS }))
  if (noted.has(videoId)) return
  noted.set(videoId, true)
  note(videoId).catch((error: unknown) =>
    getLog('stream').warn({ err: error, videoId }, 'that this video is watched could not be noted'),
  )
}

async function note(videoId: string): Promise<void> {
  const before = await BuildModel.findOneAndUpdate(
    { videoId },
    { $set: { watchedAt: new Date() } },
    { projection: { watchedAt: 1 } },
  ).lean()
  if (before === null || Date.now() - (before.watchedAt?.getTime() ?? 0) < AWAY_MS) return
  // Somebody has come: at its end the order of what is left is looked at anew.
  await enqueueJob('assemble', videoId, { fresh: true })
}
