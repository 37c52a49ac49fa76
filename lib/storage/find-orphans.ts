import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isId } from '#lib/domain/id'
import { LIBRARY_FOLDER, SNAPSHOTS_FOLDER, VIDEO_RECORD } from '#lib/domain/media-paths'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { buildVideoFolders } from '#lib/storage/video-folders'

export interface Orphans {
  /** Never published and without a record: safe to hand to `Storage.deleteVideo`. */
  removable: string[]
  /**
   * Without a record, but published once: there is a `video.json`, or a snapshot. Not to be removed by itself, since
   * the database may be the one that is wrong (restored, moved, mistyped in MONGODB_URI); `peekr rebuild` reads them.
   */
  unrecorded: string[]
}

/** A younger folder may belong to a record that another machine is just writing. */
const AGE_MS_MIN = 3_600_000

/**
 * Videos on disk that the database does not know. Looks at the disk first and then asks, so a video made in between
 * is never taken for an orphan. Changes nothing.
 * @param options.findKnown of these ids, the ones that have a record, deleted or not.
 */
export async function findOrphans(options: {
  dataPath: string
  findKnown: (videoIds: string[]) => Promise<Iterable<string>>
  nowMs?: number
}): Promise<Orphans> {
  const { dataPath, findKnown, nowMs = Date.now() } = options
  return withStorageErrors(async () => {
    const onDisk = new Set([
      ...(await readNames(join(dataPath, LIBRARY_FOLDER))).filter(isId),
      ...(await readNames(join(dataPath, SNAPSHOTS_FOLDER))).filter(isId),
    ])
    const known = new Set(await findKnown([...onDisk]))
    const orphans: Orphans = { removable: [], unrecorded: [] }
    for (const videoId of onDisk) {
      if (known.has(videoId)) continue
      const kind = await judge(dataPath, videoId, nowMs)
      if (kind !== null) orphans[kind].push(videoId)
    }
    return orphans
  })
}

async function judge(dataPath: string, videoId: string, nowMs: number): Promise<keyof Orphans | null> {
  const folders = buildVideoFolders(dataPath, videoId)
  if ((await exists(folders.file(VIDEO_RECORD))) || (await readNames(folders.snapshots)).length > 0) {
    return 'unrecorded'
  }
  const attempts = (await readNames(folders.attempts)).map((name) => join(folders.attempts, name))
  const changes = await Promise.all([folders.video, folders.source, ...attempts].map(findChangeMs))
  return nowMs - Math.max(...changes) < AGE_MS_MIN ? null : 'removable'
}

/** When a folder last changed; 0 when it is gone. */
async function findChangeMs(path: string): Promise<number> {
  try {
    return (await stat(path)).ctimeMs
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
}
