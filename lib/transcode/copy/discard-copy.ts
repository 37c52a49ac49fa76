import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { enqueueJob } from '#lib/jobs/leases'
import type { Storage } from '#lib/storage/storage'

/** What was made to fit the copy, and is made again to fit itself. */
const OUTDATED = ['transcode', 'sound', 'copy', 'tracks'] as const

/**
 * Gives up a copied rung that turned out to be no good: the video is planned anew, with everything encoded. First the
 * reason is written down, so that a crash at any point after it only repeats the rest. Twice is safe.
 */
export async function giveUpCopy({ _id, videoId }: BuildRecord, flaw: string): Promise<void> {
  await BuildModel.updateOne({ _id }, { $set: { 'copied.flaw': flaw } })
  await JobModel.deleteMany({ videoId, kind: { $in: OUTDATED } }).setOptions({ sanitizeFilter: false })
  await enqueueJob('plan', videoId, { fresh: true })
}

/**
 * Removes a revision under construction whose copy was given up. A revision that viewers may have begun to play gets
 * another name, not other bytes.
 * @returns why it was given up, or null when there is no such revision
 */
export async function discardFlawed(videoId: string, library: Storage): Promise<string | null> {
  const build = await BuildModel.findOne({ videoId }, { copied: 1 }).lean()
  const flaw = build?.copied?.flaw ?? null
  if (build === null || flaw === null) return null
  await VideoModel.updateOne(
    { _id: videoId, 'revision.id': build._id, publishedAt: null },
    { $set: { playable: false, revision: null } },
  )
  await library.removeUnits(videoId)
  await library.removeRevision(videoId, build._id)
  await BuildModel.deleteOne({ _id: build._id })
  return flaw
}
