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
  /** The revision is still being made: its playlists change, and any of its files may yet be replaced. */
  growing?: boolean
}

export interface OpenMedia {
  handle: FileHandle
  sizeBytes: number
  /** Another one whenever the file was replaced or written to. */
  version: string
}

/** Names one file of the library; unless its revision is growing, for good: it never holds other bytes. */
export function mediaKey({ videoId, revisionId, path, growing }: MediaPath): string {
  return `${videoId}/${revisionId}/${path}${growing ? ' growing' : ''}`
}

/**
 * Opens a file of a revision for reading; the caller closes it. The parts have been checked by `parseStreamPath`;
 * this checks the real path as well, so that a link put into the library leads nowhere.
 * @throws not_found when there is no such regular file inside the revision
 */
export async function openMediaFile(media: MediaPath): Promise<OpenMedia> {
  const library = join(getConfig().dataPath, LIBRARY_FOLDER)
  const relative = join(media.videoId, REVISIONS_FOLDER, media.revisionId, media.path)
  const absolute = join(library, relative)
  const handle = await orNotFound(open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW))
  try {
    const [stat, realLibrary, realFile] = await Promise.all([
      handle.stat({ bigint: true }),
      realpath(library),
      orNotFound(realpath(absolute)),
    ])
    // The library itself may be a link to another disk; nothing below it is.
    if (!stat.isFile() || realFile !== join(realLibrary, relative)) throw new PeekrError('not_found')
    const version = `${stat.ino}-${stat.size}-${stat.mtimeNs}-${stat.ctimeNs}`
    return { handle, sizeBytes: Number(stat.size), version }
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
