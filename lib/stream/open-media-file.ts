import { closeSync, constants, fstatSync, open as openWithCallback, read as readWithCallback } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { getConfig } from '#lib/config'
import { LIBRARY_FOLDER, REVISIONS_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'

export interface MediaPath {
  videoId: string
  revisionId: string
  path: string
  /** The revision is still being made: its playlists change, and any of its files may yet be replaced. */
  growing?: boolean
}

export interface OpenMedia {
  sizeBytes: number
  /** Another one whenever the file was replaced or written to. */
  version: string
  /** Fills `memory` with up to `lengthBytes` from `position` on. @returns how many came; 0 at the end of the file */
  read(memory: Buffer, lengthBytes: number, position: number): Promise<number>
  /** Once, when no read is under way. */
  close(): void
}

/** Names one file of the library; unless its revision is growing, for good: it never holds other bytes. */
export function mediaKey({ videoId, revisionId, path, growing }: MediaPath): string {
  return `${videoId}/${revisionId}/${path}${growing ? ' growing' : ''}`
}

/** Not through a link, and without waiting for whoever would write into a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** How long a folder of the library that was found to be where its name says is taken to be there still. */
const FOLDER_FRESH_MS = 5_000

const open = promisify(openWithCallback)
const read = promisify(readWithCallback)

/**
 * Opens a file of a revision for reading; the caller closes it. The parts have been checked by `parseStreamPath`;
 * this checks the real path as well, so that a link put into the library leads nowhere.
 * @throws not_found when there is no such regular file inside the revision
 */
export async function openMediaFile(media: MediaPath): Promise<OpenMedia> {
  const relative = join(media.videoId, REVISIONS_FOLDER, media.revisionId, media.path)
  const absolute = join(getConfig().dataPath, LIBRARY_FOLDER, relative)
  const folder = orNotFound(requireRealFolder(dirname(relative)))
  folder.catch(() => {}) // it is waited for below, once the file is open
  const descriptor = await orNotFound(open(absolute, OPEN_FLAGS))
  // What is known of an open file, and that nobody needs it any more, the kernel tells and hears without its disk. A trip
  // through Node's threads costs more than reading a playlist, and there would be two more for each file.
  const close = () => closeSync(descriptor)
  try {
    await folder
    const stat = fstatSync(descriptor, { bigint: true })
    if (!stat.isFile()) throw new PeekrError('not_found')
    const version = `${stat.ino}-${stat.size}-${stat.mtimeNs}-${stat.ctimeNs}`
    const readInto: OpenMedia['read'] = async (memory, lengthBytes, position) =>
      (await read(descriptor, memory, 0, lengthBytes, position)).bytesRead
    return { sizeBytes: Number(stat.size), version, read: readInto, close }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * That a folder within the library is reached without passing a link. Looked up once in 5 s: each trip to the file
 * system costs about as much as reading a playlist. The library itself may be a link to another disk.
 * @throws not_found
 */
async function requireRealFolder(relative: string): Promise<void> {
  const library = join(getConfig().dataPath, LIBRARY_FOLDER)
  const known = singleton(
    'stream-folders',
    () => new LRUCache<string, true>({ max: 5_000, ttl: FOLDER_FRESH_MS, ttlResolution: 100 }),
  )
  const key = join(library, relative)
  if (known.has(key)) return
  const [realLibrary, realFolder] = await Promise.all([realpath(library), realpath(key)])
  if (realFolder !== join(realLibrary, relative)) throw new PeekrError('not_found')
  known.set(key, true)
}

async function orNotFound<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    // EISDIR does not come from opening for reading; ELOOP is what O_NOFOLLOW says to a link.
    if (isErrno(cause, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw new PeekrError('not_found', { cause })
    throw cause
  }
}
