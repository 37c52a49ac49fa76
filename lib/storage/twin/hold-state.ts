import { constants } from 'node:fs'
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ATTEMPTS_FOLDER,
  SOURCE_FILE,
  SOURCE_FOLDER,
  TWIN_FOLDER,
  UNITS_FOLDER,
} from '#lib/domain/media-paths'
import {
  buildMakeReadOnly,
  buildReadOnlySnapshot,
  buildSyncFilesystem,
  buildWritableSnapshot,
} from '#lib/storage/btrfs/btrfs-arguments'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { createSubvolume, deleteSubvolume, isSubvolume } from '#lib/storage/btrfs/subvolume'
import { linkTree } from '#lib/storage/directory/link-tree'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { copyTree } from '#lib/storage/image/copy-tree'
import { makeFolder } from '#lib/storage/make-folder'
import { isOnBtrfs } from '#lib/storage/open-storage'
import { syncPath } from '#lib/storage/sync-tree'
import { withStorageErrors } from '#lib/storage/to-storage-error'
import { buildVideoFolders } from '#lib/storage/video-folders'

interface HoldOptions {
  dataPath: string
  driver: 'btrfs' | 'directory'
  videoId: string
  part: 'video' | 'source'
  name: string
  runBtrfs: RunBtrfs
}

/** The folder of the states of a video that a backup holds on to. */
export function heldPath(dataPath: string, videoId: string, name = ''): string {
  return join(dataPath, TWIN_FOLDER, videoId, name)
}

/**
 * Keeps a video, or its source, as it is now under `twin/`: a read-only snapshot on Btrfs, hard links elsewhere. What is
 * being made of the video at the moment is left out. It costs no space until something is removed.
 * The caller holds the video's lock. Twice is safe.
 * @throws disk_full, storage_unavailable
 */
export async function holdState(options: HoldOptions): Promise<void> {
  const { dataPath, driver, videoId, part, name, runBtrfs } = options
  const to = heldPath(dataPath, videoId, name)
  await withStorageErrors(async () => {
    if (await exists(to)) {
      // It has all it must have; only this may be missing when a crash came just before it.
      if (driver === 'btrfs' && (await isSubvolume(to))) await runBtrfs(buildMakeReadOnly(to))
      return
    }
    await makeFolder(heldPath(dataPath, videoId))
    if (driver === 'btrfs') await holdSubvolume(options, to)
    else await holdLinks(buildVideoFolders(dataPath, videoId), part, to)
    await syncPath(heldPath(dataPath, videoId))
  })
}

/** Lets go of held states of a video that are not among `kept`, also of half-made ones. */
export async function releaseStates(options: {
  dataPath: string
  videoId: string
  kept: ReadonlySet<string>
  runBtrfs: RunBtrfs
}): Promise<void> {
  const { dataPath, videoId, kept, runBtrfs } = options
  await withStorageErrors(async () => {
    const names = await readNames(heldPath(dataPath, videoId))
    for (const name of names.filter((one) => !kept.has(one))) {
      await removeState(heldPath(dataPath, videoId, name), runBtrfs)
    }
    if (kept.size === 0) await rm(heldPath(dataPath, videoId), { recursive: true, force: true })
  })
}

/** Removes a state here, or a folder of some: subvolumes where they are. What is missing is fine. */
export async function removeState(path: string, runBtrfs: RunBtrfs): Promise<void> {
  if (!(await exists(path))) return
  if (await isOnBtrfs(path)) await deleteSubvolume(path, runBtrfs)
  else await rm(path, { recursive: true, force: true })
}

async function holdSubvolume({ dataPath, videoId, part, runBtrfs }: HoldOptions, to: string): Promise<void> {
  const { video, source } = buildVideoFolders(dataPath, videoId)
  const from = part === 'video' ? video : source
  if (part === 'source' && (await isSubvolume(source))) {
    await runBtrfs(buildReadOnlySnapshot(source, to))
    return
  }
  const name = to.slice(to.lastIndexOf('/') + 1)
  const partial = heldPath(dataPath, videoId, `.${name}.partial`)
  await deleteSubvolume(partial, runBtrfs)
  if (await isSubvolume(from)) {
    await runBtrfs(buildWritableSnapshot(from, partial))
  } else {
    // A video from before the data moved to Btrfs is a plain folder, which cannot be sent.
    await createSubvolume(partial, runBtrfs)
    await copyTree(from, partial)
  }
  for (const folder of [SOURCE_FOLDER, ATTEMPTS_FOLDER, UNITS_FOLDER])
    if (part === 'video') await rm(join(partial, folder), { recursive: true, force: true })
  // A subvolume cannot be renamed once it is read-only, and what is not read-only counts as half made.
  await rename(partial, to)
  await runBtrfs(buildSyncFilesystem(dataPath))
  await runBtrfs(buildMakeReadOnly(to))
}

async function holdLinks(
  folders: ReturnType<typeof buildVideoFolders>,
  part: 'video' | 'source',
  to: string,
): Promise<void> {
  const partial = `${to}.partial`
  await rm(partial, { recursive: true, force: true })
  if (part === 'video') await linkTree(folders.video, partial, [SOURCE_FOLDER, ATTEMPTS_FOLDER, UNITS_FOLDER])
  else {
    await mkdir(partial)
    const file = join(partial, SOURCE_FILE)
    await link(folders.sourceFile, file).catch(() =>
      copyFile(folders.sourceFile, file, constants.COPYFILE_FICLONE),
    )
    await syncPath(partial)
  }
  await rename(partial, to)
}
