import { basename, dirname, join, sep } from 'node:path'
import { UPLOADS_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { bringFileIn, type Way } from '#lib/storage/bring-file-in'
import { linkTree } from '#lib/storage/directory/link-tree'
import { measureUnlinked } from '#lib/storage/directory/measure-unlinked'
import { snapshotByLinks } from '#lib/storage/directory/snapshot-by-links'
import { removeFrom } from '#lib/storage/folder-names'
import { getSpace } from '#lib/storage/free-space'
import { readDirectoryHealth } from '#lib/storage/health/read-directory-health'
import { createLibrary, planSnapshot } from '#lib/storage/library'
import { makeFolder } from '#lib/storage/make-folder'
import { type SwapTools, settleSwap, swapSnapshotIn } from '#lib/storage/restore-swap'
import { writeLabel } from '#lib/storage/snapshot-labels'
import type { Storage } from '#lib/storage/storage'
import { withStorageErrors } from '#lib/storage/to-storage-error'
import { buildVideoFolders } from '#lib/storage/video-folders'

/**
 * The storage on any filesystem: folders, hard links and renames.
 * @param advice why it is not Btrfs and what to do about it, or null.
 */
export function createDirectoryStorage(options: { dataPath: string; advice: string | null }): Storage {
  const { dataPath, advice } = options
  const folders = (videoId: string) => buildVideoFolders(dataPath, videoId)
  const swap: SwapTools = {
    cloneSnapshot: (from, to) => linkTree(from, to),
    remove: (path) => removeFrom(dirname(path), basename(path)),
  }
  return {
    ...createLibrary(dataPath),
    createVideo: (videoId) =>
      withStorageErrors(async () => {
        await makeFolder(folders(videoId).source)
        await makeFolder(folders(videoId).revisions)
      }),
    adoptSource: (videoId, uploadPath, uploadId) =>
      withStorageErrors(async () => {
        await makeFolder(folders(videoId).source)
        const ways = waysFor(dataPath, uploadPath)
        const { sourceFile, sourceOf } = folders(videoId)
        await bringFileIn({
          from: uploadPath,
          to: uploadId === undefined ? sourceFile : sourceOf(uploadId),
          ways,
        })
      }),
    snapshot: (videoId, reason) =>
      withStorageErrors(async () => {
        const snapshot = await planSnapshot(folders(videoId), reason)
        await snapshotByLinks(folders(videoId), snapshot.name)
        return snapshot
      }),
    deleteSnapshot: (videoId, name) =>
      withStorageErrors(async () => {
        await removeFrom(folders(videoId).snapshots, basename(folders(videoId).snapshot(name)))
        await writeLabel(folders(videoId), name, null)
      }),
    measureSnapshot: (videoId, name) =>
      withStorageErrors(() => measureUnlinked(folders(videoId).snapshot(name))),
    beginRestore: (videoId, name) => withStorageErrors(() => swapSnapshotIn(folders(videoId), name, swap)),
    settleRestore: (videoId) => withStorageErrors(() => settleSwap(folders(videoId), swap)),
    endRestore: (videoId) => withStorageErrors(() => swap.remove(folders(videoId).replaced)),
    deleteVideo: (videoId) =>
      withStorageErrors(async () => {
        const { video, snapshots, restoring, replaced, twin } = folders(videoId)
        for (const path of [restoring, replaced, twin, snapshots, video])
          await removeFrom(dirname(path), basename(path))
      }),
    describe: () =>
      withStorageErrors(async () => ({
        driver: 'directory' as const,
        path: dataPath,
        ...(await getSpace(dataPath)),
        advice,
      })),
    freeBytes: () => withStorageErrors(async () => (await getSpace(dataPath)).freeBytes),
    health: () => withStorageErrors(() => readDirectoryHealth(dataPath)),
    startScrub: () => Promise.reject(noScrub()),
    stopScrub: () => Promise.reject(noScrub()),
    resetErrorCounters: () => Promise.reject(noScrub()),
  }
}

function noScrub(): PeekrError {
  return new PeekrError('storage_unavailable', {
    message:
      'This needs Btrfs, and the data folder is a plain one. `peekr storage init` puts it on Btrfs; verifying videos works here, too.',
  })
}

/** Our own uploads never change again, so a link will do; anybody else's file (`peekr import`) could be written to later. */
function waysFor(dataPath: string, uploadPath: string): Way[] {
  const isOurs = uploadPath.startsWith(join(dataPath, UPLOADS_FOLDER) + sep)
  return isOurs ? ['link', 'reflink', 'copy'] : ['reflink', 'copy']
}
