import { requireBinnedVideo } from '#lib/catalog/bin/require-binned-video'
import { buildBinFilter } from '#lib/db/bin-filters'
import { VideoModel } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import type { Viewer } from '#lib/domain/permissions'
import { enqueueJob } from '#lib/jobs/leases'

/**
 * Erases one video of the bin for good, with its snapshots. Its bytes follow in the background.
 * @throws not_found, sign_in_required, forbidden
 */
export async function eraseFromBin(asked: { viewer: Viewer | null; videoId: string }): Promise<void> {
  await requireBinnedVideo(asked)
  await eraseNow(asked.videoId)
}

/** Erases everything in one owner's bin, or in everybody's. The caller has checked that. Returns how many. */
export async function emptyBin(of: { ownerId: string } | 'everybody'): Promise<number> {
  const owner = of === 'everybody' ? {} : { ownerId: of.ownerId }
  const binned = await VideoModel.find({ ...owner, ...buildBinFilter(await getServerTime()) }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  let count = 0
  for (const { _id } of binned) if (await eraseNow(_id)) count += 1
  return count
}

/** From this one write on it cannot be brought back any more. */
async function eraseNow(videoId: string): Promise<boolean> {
  const now = await getServerTime()
  const erased = await VideoModel.updateOne(
    { _id: videoId, ...buildBinFilter(now) },
    { $set: { eraseAt: now } },
    { sanitizeFilter: false },
  )
  if (erased.modifiedCount === 0) return false
  await enqueueJob('delete', videoId, { fresh: true })
  return true
}
