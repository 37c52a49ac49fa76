import { applyVideoRecord } from '#lib/catalog/snapshots/apply-video-record'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { parseVideoRecord } from '#lib/publish/video-record'
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
    await library.endRestore(videoId)
  }
  getLog('snapshots').info({ videoId, state: found }, 'settled a restore that was cut off')
}

/** For the sweep. One video's trouble is not another's. Twice is safe. */
export async function settleRestores(): Promise<void> {
  for (const videoId of await (await getLibrary()).listUnsettledRestores()) {
    await withVideoLock(videoId, () => settleRestoreLocked(videoId)).catch((error) =>
      getLog('snapshots').warn({ err: error, videoId }, 'a restore that was cut off could not be settled'),
    )
  }
}
