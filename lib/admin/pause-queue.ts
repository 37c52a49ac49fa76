import { z } from 'zod'
import { VideoModel } from '#lib/db/models/video'
import { isId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import {
  getQueueState,
  PAUSED_VIDEOS_MAX,
  type QueueState,
  setQueuePaused,
  setVideoPaused,
} from '#lib/jobs/queue-state'
import { wakeJobs } from '#lib/jobs/wake'

export const QueueChange = z.strictObject({
  paused: z.boolean(),
  /** Only this video's jobs; without it the whole queue. */
  videoId: z.string().max(40).optional(),
})

/**
 * Pauses or resumes the whole queue, or one video's part of it. What runs is handed back within a few seconds and goes on later
 * from the last whole unit. Safe to repeat.
 * @throws not_found for a video that is not there; conflict when too many are paused one by one.
 */
export async function changeQueue({ paused, videoId }: z.infer<typeof QueueChange>): Promise<QueueState> {
  if (videoId === undefined) await setQueuePaused(paused)
  else {
    if (!isId(videoId) || (paused && (await VideoModel.exists({ _id: videoId })) === null))
      throw new PeekrError('not_found', { message: 'There is no such video any more. Reload the list.' })
    if (paused && (await getQueueState()).videoIds.length >= PAUSED_VIDEOS_MAX) {
      throw new PeekrError('conflict', {
        message: 'A thousand videos are paused already. Pause the whole queue instead.',
      })
    }
    await setVideoPaused(videoId, paused)
  }
  wakeJobs()
  return getQueueState()
}
