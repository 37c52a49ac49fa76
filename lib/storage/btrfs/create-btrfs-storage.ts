import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SOURCE_FOLDER } from '#lib/domain/media-paths'
import { bringFileIn } from '#lib/storage/bring-file-in'
import {
  buildMeasure,
  buildReadOnlySnapshot,
  buildResetDeviceStats,
  buildSyncFilesystem,
  buildWritableSnapshot,
} from '#lib/storage/btrfs/btrfs-arguments'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { createSubvolume, deleteSubvolume, isSubvolume } from '#lib/storage/btrfs/subvolume'
import { linkTree } from '#lib/storage/directory/link-tree'
import { snapshotByLinks } from '#lib/storage/directory/snapshot-by-links'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { getSpace } from '#lib/storage/free-space'
import { startScrub, stopScrub } from '#lib/storage/health/control-scrub'
import { readBtrfsHealth } from '#lib/storage/health/read-btrfs-health'
import { createLibrary, planSnapshot } from '#lib/storage/library'
import { makeFolder } from '#lib/storage/make-folder'
import { type SwapTools, settleSwap, swapSnapshotIn } from '#lib/storage/restore-swap'
import { writeLabel } from '#lib/storage/snapshot-labels'
import type { Snapshot, Storage } from '#lib/storage/storage'
import { syncPath } from '#lib/storage/sync-tree'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { buildVideoFolders, type VideoFolders } from '#lib/storage/video-folders'

const MEASURE_MS = 120_000

/** The storage on Btrfs: a subvolume a video, its source in a nested one, reflinks, read-only snapshots. */
export function createBtrfsStorage(options: {
  dataPath: string
  runBtrfs: RunBtrfs
  advice: string | null
}): Storage {
  const { dataPath, runBtrfs, advice } = options
  const folders = (videoId: string) => buildVideoFolders(dataPath, videoId)
  const swap: SwapTools = {
    cloneSnapshot: (from, to) => cloneSnapshot(from, to, runBtrfs),
    remove: (path) => deleteSubvolume(path, runBtrfs),
  }
  return {
    ...createLibrary(dataPath),
    createVideo: (videoId) => withStorageErrors(() => createVideo(folders(videoId), runBtrfs)),
    adoptSource: (videoId, uploadPath, uploadId) =>
      withStorageErrors(async () => {
        await createVideo(folders(videoId), runBtrfs)
        const { sourceFile, sourceOf } = folders(videoId)
        const to = uploadId === undefined ? sourceFile : sourceOf(uploadId)
        await bringFileIn({ from: uploadPath, to, ways: ['reflink', 'copy'] })
        // The caller unlinks the upload next, and a subvolume made in this transaction would be gone after a power cut.
        await runBtrfs(buildSyncFilesystem(dataPath))
      }),
    snapshot: (videoId, reason) => withStorageErrors(() => takeSnapshot(folders(videoId), reason, runBtrfs)),
    deleteSnapshot: (videoId, name) =>
      withStorageErrors(async () => {
        await deleteSubvolume(folders(videoId).snapshot(name), runBtrfs)
        await writeLabel(folders(videoId), name, null)
      }),
    measureSnapshot: (videoId, name) =>
      withStorageErrors(() => measureExclusive(folders(videoId).snapshot(name), runBtrfs)),
    beginRestore: (videoId, name) => withStorageErrors(() => swapSnapshotIn(folders(videoId), name, swap)),
    settleRestore: (videoId) => withStorageErrors(() => settleSwap(folders(videoId), swap)),
    endRestore: (videoId) => withStorageErrors(() => swap.remove(folders(videoId).replaced)),
    deleteVideo: (videoId) =>
      withStorageErrors(async () => {
        const { video, snapshots, restoring, replaced, twin } = folders(videoId)
        for (const path of [restoring, replaced]) await deleteSubvolume(path, runBtrfs)
        for (const name of await readNames(twin)) await deleteSubvolume(join(twin, name), runBtrfs)
        await removeEmptyFolder(twin)
        for (const name of await readNames(snapshots)) await deleteSubvolume(join(snapshots, name), runBtrfs)
        await removeEmptyFolder(snapshots)
        await deleteSubvolume(video, runBtrfs)
        // Makes it last, and wakes the kernel's cleaner, which frees the space at the next commit after it is done.
        await runBtrfs(buildSyncFilesystem(dataPath))
      }),
    describe: () =>
      withStorageErrors(async () => ({
        driver: 'btrfs' as const,
        path: dataPath,
        ...(await getSpace(dataPath)),
        advice,
      })),
    freeBytes: () => withStorageErrors(async () => (await getSpace(dataPath)).freeBytes),
    health: () => withStorageErrors(() => readBtrfsHealth(dataPath, runBtrfs)),
    startScrub: () => withStorageErrors(() => startScrub(dataPath, runBtrfs)),
    stopScrub: () => withStorageErrors(() => stopScrub(dataPath, runBtrfs)),
    resetErrorCounters: () =>
      withStorageErrors(async () => void (await runBtrfs(buildResetDeviceStats(dataPath)))),
  }
}

async function createVideo(folders: VideoFolders, runBtrfs: RunBtrfs): Promise<void> {
  await makeFolder(dirname(folders.video))
  await createSubvolume(folders.video, runBtrfs)
  await createSubvolume(folders.source, runBtrfs)
  await makeFolder(folders.revisions)
  // Commits the transaction when a subvolume was made in it (Linux before 5.18 did so by itself).
  for (const path of [folders.video, dirname(folders.video)]) await syncPath(path)
}

async function takeSnapshot(folders: VideoFolders, reason: string, runBtrfs: RunBtrfs): Promise<Snapshot> {
  const snapshot = await planSnapshot(folders, reason)
  if (await isSubvolume(folders.video)) {
    await makeFolder(folders.snapshots)
    await runBtrfs(buildReadOnlySnapshot(folders.video, join(folders.snapshots, snapshot.name)))
  } else {
    // A video from before the data moved to Btrfs is a plain folder.
    await snapshotByLinks(folders, snapshot.name)
  }
  return snapshot
}

async function cloneSnapshot(from: string, to: string, runBtrfs: RunBtrfs): Promise<void> {
  // One from before the data moved to Btrfs is a tree of links, and stays a plain folder.
  if (!(await isSubvolume(from))) return linkTree(from, to)
  await runBtrfs(buildWritableSnapshot(from, to))
  // Where a subvolume was nested a snapshot has an empty folder, which would be in the source's way.
  await removeEmptyFolder(join(to, SOURCE_FOLDER))
}

/** From `btrfs filesystem du`, whose second column is what only this path refers to. */
async function measureExclusive(path: string, runBtrfs: RunBtrfs): Promise<number | null> {
  if (!(await exists(path))) return null
  const [, line = ''] = (await runBtrfs(buildMeasure(path), { timeoutMs: MEASURE_MS })).trim().split('\n')
  const bytes = Number(line.trim().split(/\s+/)[1] ?? Number.NaN)
  return Number.isFinite(bytes) ? bytes : null
}

async function removeEmptyFolder(path: string): Promise<void> {
  try {
    await rmdir(path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}
