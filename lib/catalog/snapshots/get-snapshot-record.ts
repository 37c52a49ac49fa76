import { join } from 'node:path'
import { REVISIONS_FOLDER, VIDEO_RECORD } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { parseVideoRecord, type StoredVideo } from '#lib/publish/video-record'
import { exists } from '#lib/storage/exists'

/**
 * What a video was in one of its snapshots.
 * @throws not_found when there is no such snapshot; output_invalid when what it says cannot be read, or it lacks the
 *   revision that it speaks of.
 */
export async function getSnapshotRecord(videoId: string, name: string): Promise<StoredVideo> {
  const library = await getLibrary()
  const text = await library.readSnapshotFile(videoId, name, VIDEO_RECORD)
  if (text === null) throw noSuchSnapshot()
  const stored = parseVideoRecord(text.toString('utf8'))
  const revisionPath = join(library.snapshotPath(videoId, name), REVISIONS_FOLDER, stored.revision.id)
  if (stored.id === videoId && (await exists(revisionPath))) return stored
  throw new PeekrError('output_invalid', {
    message: 'This snapshot is not whole: what it played is missing from it. Choose another one.',
    details: { videoId, name },
  })
}

export function noSuchSnapshot(): PeekrError {
  return new PeekrError('not_found', {
    message: 'This snapshot is gone. Reload the page and choose another one.',
  })
}
