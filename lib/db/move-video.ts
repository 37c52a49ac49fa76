import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { statesBefore, type VideoFailure, type VideoState } from '#lib/domain/video'

/**
 * Takes a video to its next state in one atomic step, with the facts that become true with it.
 * Returns whether it was this call that moved it: false when the video is gone, is there already, or may not go there,
 * so that the same event delivered twice changes nothing.
 * @param from narrows where it may come from, for a caller that could be late.
 */
export async function moveVideo(
  videoId: string,
  to: VideoState,
  facts: Partial<VideoRecord> = {},
  from: VideoState[] = statesBefore(to),
): Promise<boolean> {
  const moved = await VideoModel.updateOne(
    { _id: videoId, deletedAt: null, state: { $in: from } },
    { $set: { failure: null, ...facts, state: to } },
    { sanitizeFilter: false },
  )
  return moved.modifiedCount === 1
}

/**
 * Marks a video that was never published as failed, with the code and sentence its owner sees; what played of it early is
 * not offered any more. Returns whether this call did it.
 */
export async function failVideo(videoId: string, failure: VideoFailure): Promise<boolean> {
  return moveVideo(videoId, 'failed', { failure, progress: 0, playable: false, revision: null })
}

/** Moves the bar; never backwards, and never of a video that is done. Losing one such write is harmless. */
export async function reportVideoProgress(videoId: string, progress: number): Promise<void> {
  await VideoModel.updateOne(
    { _id: videoId, state: { $in: ['ingesting', 'transcoding'] }, progress: { $lt: progress } },
    { $set: { progress } },
    { sanitizeFilter: false },
  )
}
