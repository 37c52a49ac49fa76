import { settleChange } from '#lib/catalog/snapshots/settle-change'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { getServerTime } from '#lib/db/server-time'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'

/**
 * For the sweep: makes up for whoever died while changing a video, or could not bring it to its end. A lock that was left
 * behind names the video, and its `video.json` may lag behind the database; a folder aside names a restore. One video's
 * trouble is not another's. Twice is safe.
 */
export async function settleRestores(): Promise<void> {
  const leftBehind = await VideoLockModel.find({ expiresAt: { $lt: await getServerTime() } }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const unsettled = await (await getLibrary()).listUnsettledRestores()
  for (const videoId of new Set([...leftBehind.map(({ _id }) => _id), ...unsettled])) {
    await withVideoLock(videoId, () => settleChange(videoId)).catch((error) =>
      getLog('snapshots').warn({ err: error, videoId }, 'a change that was cut off could not be settled'),
    )
  }
}
