import { readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isId } from '#lib/domain/id'
import { LIBRARY_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import { emptyFolder, readNames, removeFrom } from '#lib/storage/folder-names'
import { makeFolder } from '#lib/storage/make-folder'
import { listUnsettledRestores } from '#lib/storage/restore-swap'
import { settleSources } from '#lib/storage/settle-sources'
import { readLabels, writeLabel } from '#lib/storage/snapshot-labels'
import { buildSnapshot, parseSnapshotName } from '#lib/storage/snapshot-name'
import type { Snapshot, Storage } from '#lib/storage/storage'
import { syncPath, syncTree } from '#lib/storage/sync-tree'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { buildVideoFolders, type VideoFolders } from '#lib/storage/video-folders'
import { writeChangedFile } from '#lib/storage/write-file-whole'

/** The half of the storage that is the same on every filesystem. */
export type Library = Pick<
  Storage,
  | 'sourcePath'
  | 'settleSources'
  | 'removeSource'
  | 'createAttempt'
  | 'removeAttempts'
  | 'removeAttempt'
  | 'openRevision'
  | 'adoptUnit'
  | 'unitPath'
  | 'removeUnits'
  | 'sealRevision'
  | 'attemptPath'
  | 'revisionPath'
  | 'removeRevision'
  | 'writeVideoFile'
  | 'readVideoFile'
  | 'listSnapshots'
  | 'snapshotPath'
  | 'readSnapshotFile'
  | 'readSnapshotLabels'
  | 'labelSnapshot'
  | 'listUnsettledRestores'
  | 'listVideoIds'
>

/** @param dataPath the absolute data folder. */
export function createLibrary(dataPath: string): Library {
  const folders = (videoId: string) => buildVideoFolders(dataPath, videoId)
  return {
    sourcePath: (videoId, uploadId) =>
      uploadId === undefined ? folders(videoId).sourceFile : folders(videoId).sourceOf(uploadId),
    settleSources: (videoId, owners) => withStorageErrors(() => settleSources(folders(videoId), owners)),
    revisionPath: (videoId, revisionId) => folders(videoId).revision(revisionId),
    removeSource: (videoId) => withStorageErrors(() => emptyFolder(folders(videoId).source)),
    attemptPath: (videoId, attemptId) => folders(videoId).attempt(attemptId),
    createAttempt: (videoId, attemptId) =>
      withStorageErrors(() => createAttempt(folders(videoId), attemptId)),
    removeAttempts: (videoId, options) =>
      withStorageErrors(() => emptyFolder(folders(videoId).attempts, options?.except)),
    removeAttempt: (videoId, attemptId) =>
      withStorageErrors(() =>
        removeFrom(folders(videoId).attempts, basename(folders(videoId).attempt(attemptId))),
      ),
    openRevision: (videoId, revisionId) =>
      withStorageErrors(() => openRevision(folders(videoId), revisionId)),
    adoptUnit: (videoId, attemptId, unit) =>
      withStorageErrors(() => adoptUnit(folders(videoId), attemptId, unit)),
    unitPath: (videoId, revisionId, key) => folders(videoId).unit(revisionId, key),
    removeUnits: (videoId, unit) => withStorageErrors(() => removeUnits(folders(videoId), unit)),
    sealRevision: (videoId, revisionId) =>
      withStorageErrors(() => sealRevision(folders(videoId), revisionId)),
    removeRevision: (videoId, revisionId) =>
      withStorageErrors(() =>
        removeFrom(folders(videoId).revisions, basename(folders(videoId).revision(revisionId))),
      ),
    writeVideoFile: (videoId, name, data) =>
      withStorageErrors(() => writeChangedFile(folders(videoId).file(name), data)),
    readVideoFile: (videoId, name) => withStorageErrors(() => findFile(folders(videoId).file(name))),
    listSnapshots: (videoId) => withStorageErrors(() => listSnapshots(folders(videoId))),
    snapshotPath: (videoId, name) => folders(videoId).snapshot(name),
    readSnapshotFile: (videoId, name, file) =>
      withStorageErrors(() =>
        findFile(join(folders(videoId).snapshot(name), basename(folders(videoId).file(file)))),
      ),
    readSnapshotLabels: (videoId) => withStorageErrors(() => readLabels(folders(videoId))),
    labelSnapshot: (videoId, name, label) =>
      withStorageErrors(() => writeLabel(folders(videoId), name, label)),
    listUnsettledRestores: () => withStorageErrors(() => listUnsettledRestores(dataPath)),
    listVideoIds: () =>
      withStorageErrors(async () => (await readNames(join(dataPath, LIBRARY_FOLDER))).filter(isId)),
  }
}

async function createAttempt(folders: VideoFolders, attemptId: string): Promise<string> {
  const path = folders.attempt(attemptId)
  await rm(path, { recursive: true, force: true })
  await makeFolder(path)
  return path
}

async function openRevision(folders: VideoFolders, revisionId: string): Promise<string> {
  const path = folders.revision(revisionId)
  await makeFolder(path)
  return path
}

async function adoptUnit(
  folders: VideoFolders,
  attemptId: string,
  { revisionId, key }: { revisionId: string; key: string },
): Promise<void> {
  const attempt = folders.attempt(attemptId)
  const unit = folders.unit(revisionId, key)
  if (await exists(attempt)) {
    await syncTree(attempt)
    await makeFolder(dirname(unit))
    // Onto a folder with something in it rename fails (rename(2)), so of two attempts the first stays.
    await rename(attempt, unit).catch(unlessThere)
    await rm(attempt, { recursive: true, force: true })
    await syncPath(folders.attempts)
  }
  if (!(await exists(unit))) {
    throw new PeekrError('conflict', {
      message: 'What this attempt made is gone, because another attempt took over. Retry it.',
      details: { attemptId, revisionId, key },
    })
  }
  // Also when it was there already: the crash that makes us come twice may have come before this.
  await syncPath(dirname(unit))
}

function unlessThere(error: unknown): void {
  if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
}

async function removeUnits(folders: VideoFolders, unit?: { revisionId: string; key: string }): Promise<void> {
  if (unit === undefined) return emptyFolder(folders.units)
  const path = folders.unit(unit.revisionId, unit.key)
  return removeFrom(dirname(path), basename(path))
}

async function sealRevision(folders: VideoFolders, revisionId: string): Promise<void> {
  const path = folders.revision(revisionId)
  if (!(await exists(path))) throw new PeekrError('not_found', { details: { revisionId } })
  await syncTree(path)
  await syncPath(folders.revisions)
}

async function findFile(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

async function listSnapshots(folders: VideoFolders): Promise<Snapshot[]> {
  const names = await readNames(folders.snapshots)
  return names
    .sort()
    .map(parseSnapshotName)
    .filter((snapshot) => snapshot !== null)
}

/** A snapshot yet to be taken: later than those there are, even when the clock went back or two come at once. */
export async function planSnapshot(folders: VideoFolders, reason: string): Promise<Snapshot> {
  const last = (await listSnapshots(folders)).at(-1)?.createdAt.getTime() ?? 0
  return buildSnapshot(reason, new Date(Math.max(Date.now(), last + 1)))
}
