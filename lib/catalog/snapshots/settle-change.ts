import { applyVideoRecord } from '#lib/catalog/snapshots/apply-video-record'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { parseVideoRecord } from '#lib/publish/video-record'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { dropCached } from '#lib/stream/media-cache'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Brings to its end what somebody did not who was changing a video: a restore, and the writing of `video.json`, which
 * follows the database. For the holder of the video's lock. Twice is safe.
 * @throws disk_full, storage_unavailable, output_invalid
 */
export async function settleChange(videoId: string): Promise<void> {
  await settleRestore(videoId)
  await refreshVideoRecord(videoId)
}

/**
 * Brings a restore that a crash cut off to its beginning or its end; the caller holds the video's lock. The files are
 * exchanged in one step, and what they say is then written to the database, however often it takes.
 */
export async function settleRestore(videoId: string): Promise<void> {
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
