import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'

/** Ends what was playable of a video during its upload: its record first, so that nobody is sent there, then its files. Twice is safe. */
export async function dropEarly(videoId: string): Promise<void> {
  const video = await VideoModel.findOneAndUpdate(
    { _id: videoId, early: { $ne: null } },
    { $set: { early: null } },
    { sanitizeFilter: false, projection: { early: 1 } },
  ).lean()
  const id = video?.early?.id
  if (id) await (await getLibrary()).removeRevision(videoId, id)
}
