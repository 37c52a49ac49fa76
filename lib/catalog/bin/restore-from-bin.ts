import { requireBinnedVideo } from '#lib/catalog/bin/require-binned-video'
import { getView } from '#lib/catalog/get-video'
import { retryVideo } from '#lib/catalog/retry-video'
import { forgetEncoding, giveUpEncoding } from '#lib/catalog/stop-jobs'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { buildBinFilter } from '#lib/db/bin-filters'
import { VideoModel } from '#lib/db/models/video'
import { failVideo } from '#lib/db/move-video'
import { getServerTime } from '#lib/db/server-time'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { errorMessage, isPeekrError, PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Brings a video back from the bin as it was, at the same address. One that was still being made starts again; one that
 * was being encoded anew plays as before.
 * @throws not_found when it is not in the bin (any more), or not this viewer's; sign_in_required, forbidden
 */
export async function restoreFromBin(asked: { viewer: Viewer | null; videoId: string }): Promise<VideoView> {
  const { viewer, videoId } = asked
  await requireBinnedVideo(asked)
  const restored = await withVideoLock(videoId, async () => {
    const record = await VideoModel.findOneAndUpdate(
      { _id: videoId, ...buildBinFilter(await getServerTime()) },
      { $set: { deletedAt: null, eraseAt: null } },
      { returnDocument: 'after', sanitizeFilter: false },
    ).lean()
    if (record === null) throw new PeekrError('not_found')
    forgetStreamAccess(videoId)
    await refreshVideoRecord(videoId)
    return record
  })
  if (restored.publishedAt !== null) {
    await giveUpEncoding(videoId)
    await forgetEncoding(videoId)
  } else if (restored.state === 'ingesting' || restored.state === 'transcoding') await startAgain(videoId)
  const record = await VideoModel.findById(videoId).lean()
  if (record === null) throw new PeekrError('not_found')
  return getView(record, viewer)
}

/** Its jobs were cancelled with the deletion. */
async function startAgain(videoId: string): Promise<void> {
  await failVideo(videoId, { code: 'cancelled', message: errorMessage('cancelled') })
  try {
    await retryVideo(videoId)
  } catch (error) {
    // It is back all the same, and says itself why it failed.
    if (!isPeekrError(error)) throw error
    getLog('bin').warn(
      { err: error, videoId },
      'a video came back from the bin, but could not be started again',
    )
  }
}
