import { VideoModel } from '#lib/db/models/video'
import { requestProof } from '#lib/db/request-proof'
import type { StoredVideo } from '#lib/publish/video-record'

/**
 * Makes a video's record say what a `video.json` says, in one write: its details alone, or with them what plays, which
 * it then does. Whose it is, where it came from and when it was first published are facts, and stay.
 * Returns false when the video is gone. Twice is safe.
 */
export async function applyVideoRecord(stored: StoredVideo, what: 'all' | 'details'): Promise<boolean> {
  const { version, id, uploadId, owner, source, createdAt, publishedAt, deletedAt, eraseAt, ...rest } = stored
  const { revision, durationSeconds, width, height, ...details } = rest
  const facts =
    what === 'details'
      ? details
      : { ...rest, state: 'ready', playable: true, progress: 1, failure: null, quarantine: null }
  const before = await VideoModel.findOneAndUpdate(
    { _id: id },
    { $set: facts },
    { projection: { quarantine: 1 } },
  ).lean()
  // What takes the place of something damaged may be damaged as well.
  if (what === 'all' && before?.quarantine) await requestProof(id, revision.id)
  return before !== null
}
