import { basename, dirname, join, sep } from 'node:path'
import { UPLOADS_FOLDER } from '#lib/domain/media-paths'
import { bringFileIn, type Way } from '#lib/storage/bring-file-in'
import { snapshotByLinks } from '#lib/storage/directory/snapshot-by-links'
import { removeFrom } from '#lib/storage/folder-names'
import { getSpace } from '#lib/storage/free-space'
import { createLibrary, planSnapshot } from '#lib/storage/library'
import { makeFolder } from '#lib/storage/make-folder'
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
  return {
    ...createLibrary(dataPath),
    createVideo: (videoId) =>
      withStorageErrors(async () => {
        await makeFolder(folders(videoId).source)
        await makeFolder(folders(videoId).revisions)
      }),
    adoptSource: (videoId, uploadPath) =>
      withStorageErrors(async () => {
        await makeFolder(folders(videoId).source)
        const ways = waysFor(dataPath, uploadPath)
        await bringFileIn({ from: uploadPath, to: folders(videoId).sourceFile, ways })
      }),
    snapshot: (videoId, reason) =>
      withStorageErrors(async () => {
        const snapshot = await planSnapshot(folders(videoId), reason)
        await snapshotByLinks(folders(videoId), snapshot.name)
        return snapshot
      }),
    deleteVideo: (videoId) =>
      withStorageErrors(async () => {
        const { video, snapshots } = folders(videoId)
        for (const path of [snapshots, video]) await removeFrom(dirname(path), basename(path))
      }),
    describe: () =>
      withStorageErrors(async () => ({
        driver: 'directory' as const,
        path: dataPath,
        ...(await getSpace(dataPath)),
        advice,
      })),
    freeBytes: () => withStorageErrors(async () => (await getSpace(dataPath)).freeBytes),
  }
}

/** Our own uploads never change again, so a link will do; anybody else's file (`peekr import`) could be written to later. */
function waysFor(dataPath: string, uploadPath: string): Way[] {
  const isOurs = uploadPath.startsWith(join(dataPath, UPLOADS_FOLDER) + sep)
  return isOurs ? ['link', 'reflink', 'copy'] : ['reflink', 'copy']
}
