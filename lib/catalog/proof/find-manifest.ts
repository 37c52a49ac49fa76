import { join } from 'node:path'
import { getSecret } from '#lib/auth/secrets'
import { MANIFEST, REVISIONS_FOLDER } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { type Manifest, parseManifest, verifyManifest } from '#lib/publish/manifest'
import { readTextDirect } from '#lib/storage/proof/read-text-direct'

export interface FoundManifest {
  manifest: Manifest
  /** Whether this server signed it. Where its key was lost, it did not sign any: the list is then still worth comparing with. */
  isSigned: boolean
  /** The folder of the revision it was found in: the library's, or a snapshot's. */
  folderPath: string
}

/**
 * The manifest of a revision as the disk has it: the library's own when its signature holds, else that of the newest
 * snapshot whose does, else an unsigned one. Null when there is none that can be read.
 */
export async function findManifest(videoId: string, revisionId: string): Promise<FoundManifest | null> {
  let unsigned: FoundManifest | null = null
  for (const folderPath of await listRevisionFolders(videoId, revisionId)) {
    const text = await readTextDirect(join(folderPath, MANIFEST))
    const manifest = text === null ? null : parseManifest(text)
    if (text === null || manifest?.revisionId !== revisionId || manifest.videoId !== videoId) continue
    if (isOurs(text)) return { manifest, isSigned: true, folderPath }
    unsigned ??= { manifest, isSigned: false, folderPath }
  }
  return unsigned
}

/** Where a revision may be found, best first: the library, then the snapshots, newest first. */
export async function listRevisionFolders(videoId: string, revisionId: string): Promise<string[]> {
  const library = await getLibrary()
  const snapshots = (await library.listSnapshots(videoId)).reverse()
  return [
    library.revisionPath(videoId, revisionId),
    ...snapshots.map(({ name }) => join(library.snapshotPath(videoId, name), REVISIONS_FOLDER, revisionId)),
  ]
}

function isOurs(text: string): boolean {
  try {
    verifyManifest(text, getSecret('manifest'))
    return true
  } catch (error) {
    if (isPeekrError(error) && error.code === 'output_invalid') return false
    throw error
  }
}
