import { LRUCache } from 'lru-cache'
import { requestProof } from '#lib/db/request-proof'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'
import type { MediaPath } from '#lib/stream/open-media-file'

const PAUSE_MS = 60_000

/**
 * When a file of a video cannot be read (no copy has the right checksum), asks for all of the video to be verified, so that
 * what can be is repaired and the rest taken out of play. Does not keep the answer waiting; the schedule makes up for
 * one that is lost. Throws what was given, for the caller to go on with.
 */
export function noteDamage({ videoId, revisionId, growing }: MediaPath, error: unknown): never {
  if (isErrno(error, 'EIO', 'EUCLEAN') && !growing) {
    const noted = singleton('stream-damage', () => new LRUCache<string, true>({ max: 1_000, ttl: PAUSE_MS }))
    if (!noted.has(videoId)) {
      noted.set(videoId, true)
      requestProof(videoId, revisionId).catch((err: unknown) =>
        getLog('stream').warn({ err, videoId }, 'that this video is damaged could not be noted'),
      )
    }
  }
  throw error
}
