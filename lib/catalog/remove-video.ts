import { getSettings } from '#lib/admin/settings'
import { requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotLocked } from '#lib/catalog/snapshot-before'
import { type VideoLock, withVideoLock } from '#lib/catalog/with-video-lock'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import type { Viewer } from '#lib/domain/permissions'
import { cancelJobs } from '#lib/jobs/cancel-jobs'
import { enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { exists } from '#lib/storage/exists'
import { dropCached } from '#lib/stream/media-cache'
import { forgetStreamAccess } from '#lib/stream/stream-access'

const DAY_MS = 86_400_000

/**
 * Takes a video away: it is gone for everybody at once, in the time of one write. A video that plays, or has its source,
 * lies in the bin for the days that are set; of any other there is nothing to bring back, and its bytes follow
 * in the background. The record of the deletion comes first, so that a crash half-way is finished by the sweep.
 * @returns until when it can be brought back, or null when it cannot.
 * @throws not_found, sign_in_required, forbidden
 */
export async function removeVideo(asked: { viewer: Viewer | null; videoId: string }): Promise<Date | null> {
  const { videoId } = asked
  const video = await requireEditableVideo(asked)
  const { binDays } = await getSettings()
  const keeps = binDays > 0 && (await isWorthKeeping(video))
  const eraseAt = await withVideoLock(videoId, async (lock) => {
    if (keeps) await snapshotIfPossible(videoId)
    const now = await getServerTime()
    const until = keeps ? new Date(now.getTime() + binDays * DAY_MS) : now
    // What is being encoded anew is given up with it, so that it comes back as what it played.
    const given = video.publishedAt === null ? {} : { state: 'ready', progress: 1, failure: null }
    await VideoModel.updateOne(
      { _id: videoId, deletedAt: null },
      { $set: { ...given, deletedAt: now, eraseAt: until } },
    )
    forgetStreamAccess(videoId)
    dropCached(videoId)
    if (keeps) await noteInRecord(videoId, lock)
    return until
  })
  await cancelJobs(videoId, ['delete'])
  if (keeps) return eraseAt
  await enqueueJob('delete', videoId, { fresh: true })
  return null
}

async function isWorthKeeping({ _id: videoId, revision }: VideoRecord): Promise<boolean> {
  return revision !== null || exists((await getLibrary()).sourcePath(videoId))
}

/** No trouble with the disk keeps anybody from deleting; what is in the bin can be brought back without a snapshot. */
async function snapshotIfPossible(videoId: string): Promise<void> {
  try {
    await snapshotLocked(videoId, 'before-delete')
  } catch (error) {
    getLog('bin').warn({ err: error, videoId }, 'no snapshot could be taken before this deletion')
  }
}

/** So that a database made anew from the disk has it in the bin, too. */
async function noteInRecord(videoId: string, lock: VideoLock): Promise<void> {
  try {
    await refreshVideoRecord(videoId)
  } catch (error) {
    lock.leaveUnsettled()
    getLog('bin').warn({ err: error, videoId }, 'video.json could not be told of this deletion')
  }
}
