import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'

/** The file a video's version under construction is made from: its source, or the new file that is to replace it. */
export async function getWorkSource(videoId: string): Promise<string> {
  const video = await VideoModel.findById(videoId, { replacing: 1 }).lean()
  return (await getLibrary()).sourcePath(videoId, video?.replacing?.uploadId)
}
