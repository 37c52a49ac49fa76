import { getConfig } from '#lib/config'
import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { findOrphans } from '#lib/storage/find-orphans'

/**
 * Removes what unfinished videos left on the disk when their records went. Published videos without a record stay,
 * and are named in the log: there the database may be the one that is wrong. Twice is safe.
 */
export async function removeOrphans({ nowMs = Date.now() } = {}): Promise<void> {
  const log = getLog('orphans')
  const { removable, unrecorded } = await findOrphans({ dataPath: getConfig().dataPath, findKnown, nowMs })
  const library = await getLibrary()
  for (const videoId of removable) {
    await library.deleteVideo(videoId)
    log.info({ videoId }, 'removed the files of a video that was never finished and has no record')
  }
  if (unrecorded.length > 0) {
    log.warn(
      { videoIds: unrecorded },
      'published videos without a record are on the disk; is this the right database?',
    )
  }
}

async function findKnown(videoIds: string[]): Promise<string[]> {
  const known = await VideoModel.find({ _id: { $in: videoIds } }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  return known.map(({ _id }) => _id)
}
