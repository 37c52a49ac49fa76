import { applyVideoRecord } from '#lib/catalog/snapshots/apply-video-record'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { getServerTime } from '#lib/db/server-time'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { parseVideoRecord } from '#lib/publish/video-record'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { dropCached } from '#lib/stream/media-cache'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Brings a restore that a crash cut off to its beginning or its end; the caller holds the video's lock. The files are
 * exchanged in one step, and what they say is then written to the database, however often it takes.
 */
export async function settleRestoreLocked(videoId: string): Promise<void> {
  const library = await getLibrary()
  const found = await library.settleRestore(videoId)
  if (found === 'none') return
  if (found === 'new') {
    const text = await library.readVideoFile(videoId, VIDEO_RECORD)
    if (text !== null) await applyVideoRecord(parseVideoRecord(text.toString('utf8')), 'all')
    forgetStreamAccess(videoId)
    dropCached(videoId)
    // Who may watch is not taken from the file where it says more people.
    await refreshVideoRecord(videoId)
    await library.endRestore(videoId)
  }
  getLog('snapshots').info({ videoId, state: found }, 'settled a restore that was cut off')
}

/**
 * For the sweep: makes up for whoever died while changing a video. A lock that outlived its lease names the video, and
 * its `video.json` may lag behind the database; a folder aside names a restore. One video's trouble is not another's.
 * Twice is safe.
 */
export async function settleRestores(): Promise<void> {
  const lapsed = await VideoLockModel.find({ expiresAt: { $lt: await getServerTime() } }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const unsettled = await (await getLibrary()).listUnsettledRestores()
  for (const videoId of new Set([...lapsed.map(({ _id }) => _id), ...unsettled])) {
    await withVideoLock(videoId, () => settleChange(videoId)).catch((error) =>
      getLog('snapshots').warn({ err: error, videoId }, 'a change that was cut off could not be settled'),
    )
  }
}

async function settleChange(videoId: string): Promise<void> {
  await settleRestoreLocked(videoId)
  await refreshVideoRecord(videoId)
}
