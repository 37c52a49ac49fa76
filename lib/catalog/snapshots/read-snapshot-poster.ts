import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireEditableVideo } from '#lib/catalog/get-video'
import { getSnapshotRecord, noSuchSnapshot } from '#lib/catalog/snapshots/get-snapshot-record'
import { POSTER, REVISIONS_FOLDER } from '#lib/domain/media-paths'
import type { Viewer } from '#lib/domain/permissions'
import { getLibrary } from '#lib/jobs/library'
import { isErrno } from '#lib/storage/to-storage-error'

/**
 * The picture of a video as it was in a snapshot.
 * @throws not_found, sign_in_required, forbidden: it is for those who may change the video.
 */
export async function readSnapshotPoster(asked: {
  viewer: Viewer | null
  videoId: string
  name: string
}): Promise<Buffer> {
  const { videoId, name } = asked
  await requireEditableVideo(asked)
  const { revision } = await getSnapshotRecord(videoId, name)
  const folder = join((await getLibrary()).snapshotPath(videoId, name), REVISIONS_FOLDER, revision.id)
  return readFile(join(folder, POSTER)).catch((error: unknown) => {
    throw isErrno(error, 'ENOENT') ? noSuchSnapshot() : error
  })
}
