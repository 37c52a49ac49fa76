import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isId } from '#lib/domain/id'
import { LIBRARY_FOLDER, SOURCE_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { makeFolder } from '#lib/storage/make-folder'
import { syncPath } from '#lib/storage/sync-tree'
import type { VideoFolders } from '#lib/storage/video-folders'

/** What a driver adds: making a writable copy of a snapshot in constant time, or nearly, and removing a video's folder. */
export interface SwapTools {
  cloneSnapshot(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

/**
 * Puts a snapshot in the place of a video's folder. The copy is made aside; then two renames exchange them, and from
 * the first of them on a crash is finished forwards by `settleSwap`, before it backwards. The source, of which there
 * is only one, moves over last. What was replaced stays aside as the sign that the caller has not finished.
 * @throws not_found when there is no such snapshot.
 */
export async function swapSnapshotIn(folders: VideoFolders, name: string, tools: SwapTools): Promise<void> {
  await settleSwap(folders, tools)
  await tools.remove(folders.replaced)
  const snapshot = folders.snapshot(name)
  if (!(await exists(snapshot))) {
    throw new PeekrError('not_found', {
      message: 'This snapshot is gone. Reload the page and choose another one.',
    })
  }
  await tools.cloneSnapshot(snapshot, folders.restoring)
  await makeFolder(dirname(folders.video))
  if (await exists(folders.video)) await rename(folders.video, folders.replaced)
  else await makeFolder(folders.replaced)
  await rename(folders.restoring, folders.video)
  await moveSource(folders)
}

/** Brings a swap that was cut off to its beginning (`old`) or its end (`new`). Twice is safe. */
export async function settleSwap(folders: VideoFolders, tools: SwapTools): Promise<'none' | 'old' | 'new'> {
  const [hasVideo, hasRestoring, hasReplaced] = await Promise.all(
    [folders.video, folders.restoring, folders.replaced].map(exists),
  )
  if (!hasReplaced) {
    if (!hasRestoring) return 'none'
    await tools.remove(folders.restoring)
    return 'old'
  }
  if (!hasVideo) {
    // Without a copy to go on with, which no crash leaves, the way back is the only one.
    await rename(hasRestoring ? folders.restoring : folders.replaced, folders.video)
    if (!hasRestoring) {
      await syncPath(dirname(folders.video))
      return 'old'
    }
  }
  await moveSource(folders)
  return 'new'
}

/** Ids of videos with a folder that a swap left aside. */
export async function listUnsettledRestores(dataPath: string): Promise<string[]> {
  const names = await readNames(join(dataPath, LIBRARY_FOLDER))
  const ids = names.map((name) => /^\.([^.]+)\.(?:restoring|replaced)$/.exec(name)?.[1] ?? '')
  return [...new Set(ids.filter(isId))]
}

/**
 * On Btrfs the source is a subvolume, and the one thing that can be renamed out of another. Last all renames of the swap
 * are put on disk together: filesystems keep their order, and a power cut between any two of them leaves names that
 * `settleSwap` reads. On Btrfs the first of the three is a commit of everything, after which the others have nothing to do.
 */
async function moveSource(folders: VideoFolders): Promise<void> {
  const from = join(folders.replaced, SOURCE_FOLDER)
  if (await exists(from)) await rename(from, join(folders.video, basename(from)))
  await makeFolder(folders.source)
  for (const path of [folders.video, folders.replaced, dirname(folders.video)]) await syncPath(path)
}
