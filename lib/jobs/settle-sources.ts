import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'

/**
 * Puts a video's sources where its record says they belong, after a replacement took over, was given up or was taken
 * back. The record comes first, so that whoever comes after a crash knows what to do. For one caller at a time: the
 * publish job, or whoever holds the video's lock. Twice is safe.
 */
export async function settleSources(videoId: string): Promise<void> {
  const video = await VideoModel.findById(videoId, { uploadId: 1, replacing: 1, replaced: 1 }).lean()
  if (video === null) return
  const { uploadId: current, replacing, replaced = [] } = video
  const latest = replaced.at(-1)
  const keptOnes = replaced.filter(({ isKept }) => isKept).map(({ uploadId }) => uploadId)
  await (await getLibrary()).settleSources(videoId, {
    current,
    previous: latest?.isKept ? latest.uploadId : null,
    kept: [...keptOnes, ...(replacing ? [replacing.uploadId] : [])],
  })
}
