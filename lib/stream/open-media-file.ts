import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { getConfig } from '#lib/config'
import { LIBRARY_FOLDER, REVISIONS_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'

export interface MediaPath {
  videoId: string
  revisionId: string
  path: string
}

/** Names one file of the library for good: what it is read under never holds other bytes. */
export function mediaKey({ videoId, revisionId, path }: MediaPath): string {
  return `${videoId}/${revisionId}/${path}`
}

/**
 * Opens a file of a revision for reading; the caller closes it. The parts have been checked by `parseStreamPath`;
 * this checks the real path as well, so that a link put into the library leads nowhere.
 * @throws not_found when there is no such regular file inside the revision
 */
export async function openMediaFile(media: MediaPath): Promise<{ handle: FileHandle; sizeBytes: number }> {
  const library = join(getConfig().dataPath, LIBRARY_FOLDER)
  const relative = join(media.videoId, REVISIONS_FOLDER, media.revisionId, media.path)
  const absolute = join(library, relative)
  const handle = await orNotFound(open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW))
  try {
    const [stat, realLibrary, realFile] = await Promise.all([
      handle.stat(),
      realpath(library),
      orNotFound(realpath(absolute)),
    ])
    // The library itself may be a link to another disk; nothing below it is.
    if (!stat.isFile() || realFile !== join(realLibrary, relative)) throw new PeekrError('not_found')
    return { handle, sizeBytes: stat.size }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function orNotFound<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null
    // EISDIR does not come from opening for reading; ELOOP is what O_NOFOLLOW says to a link.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP')
      throw new PeekrError('not_found', { cause })
    throw cause
  }
}
