import { join } from 'node:path'
import type { FoundManifest } from '#lib/catalog/proof/find-manifest'
import type { PublishedVideo } from '#lib/catalog/proof/find-published'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { MANIFEST } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { replaceFile } from '#lib/storage/proof/replace-file'

/** Puts a snapshot's signed manifest in the place of a damaged one. */
export async function replaceManifest(video: PublishedVideo, { folderPath }: FoundManifest): Promise<void> {
  const { _id: videoId, revision, title } = video
  const library = await getLibrary()
  await replaceFile(join(folderPath, MANIFEST), join(library.revisionPath(videoId, revision.id), MANIFEST))
  await recordStorageEvent(
    'repaired-from-snapshot',
    `“${title}”: its manifest was damaged, and was brought back from a snapshot.`,
    videoId,
  )
}
