import { chmod, chown, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatBytes } from '#lib/domain/format'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import { isMountPoint } from '#lib/storage/find-mount'
import { readNames } from '#lib/storage/folder-names'
import { findDifference } from '#lib/storage/image/find-difference'
import { findProcessesUsing } from '#lib/storage/image/find-processes-using'
import { getImagePaths, type ImagePaths } from '#lib/storage/image/image-paths'
import { buildMountImage } from '#lib/storage/image/mount-arguments'
import { moveDataIn } from '#lib/storage/image/move-data-in'
import { requireRoomFor } from '#lib/storage/image/require-room-for'
import { runSystemTool } from '#lib/storage/image/run-system-tool'
import { makeFolder } from '#lib/storage/make-folder'
import { isOnBtrfs } from '#lib/storage/open-storage'
import { syncPath } from '#lib/storage/sync-tree'

export interface InitLoopResult {
  done: 'made' | 'finished' | 'mounted' | 'nothing'
  paths: ImagePaths
  /** Where the data as it was is kept, or null when there was none. */
  previousData: string | null
}

/**
 * Puts the data folder on Btrfs by way of an image file beside it. Existing data is copied in, compared byte for byte,
 * and kept as `{data}.before-btrfs`. It may be interrupted anywhere and run again: until the image has its final name
 * the data folder is untouched.
 * @throws conflict when a process uses the folder, or what is there cannot be moved without loss; invalid_input for
 *   an unsuitable size; storage_unavailable when mounting is not possible here.
 */
export async function initLoopImage(options: {
  dataPath: string
  sizeBytes: number
  say?: (line: string) => void
}): Promise<InitLoopResult> {
  const { sizeBytes, say = () => undefined } = options
  const paths = await getImagePaths(options.dataPath)
  const isMounted = (await exists(paths.dataPath)) && (await isMountPoint(paths.dataPath))
  const hasImage = await exists(paths.image)
  const nothing = { done: 'nothing', paths, previousData: null } as const
  if (isMounted && hasImage) return nothing
  if (!hasImage && (await isOnBtrfs(paths.dataPath))) return nothing
  if (isMounted) {
    throw new PeekrError('conflict', {
      message: `${paths.dataPath} is a disk of its own, so no image can take its place. Set PEEKR_DATA to a folder in it, and try again.`,
    })
  }
  await requireUnused(paths.dataPath)
  await clearWorkbench(paths)
  const hadData = (await readNames(paths.dataPath)).length > 0
  if (hasImage) {
    if (hadData) await requireSameData(paths)
  } else {
    await requireRoomFor({ paths, sizeBytes })
    await makeImage(paths, sizeBytes, say)
  }
  const previousData = hadData ? await setDataAside(paths) : null
  await mountForGood(paths)
  return { done: hasImage ? (hadData ? 'finished' : 'mounted') : 'made', paths, previousData }
}

/** @throws conflict naming the processes that use a folder. */
export async function requireUnused(dataPath: string): Promise<void> {
  const users = await findProcessesUsing(dataPath)
  if (users.length === 0) return
  const list = users.map(({ pid, command }) => `  ${pid}  ${command.slice(0, 100)}`).join('\n')
  throw new PeekrError('conflict', {
    message: `Peekr, or something else, is using ${dataPath}. Stop these processes and try again:\n${list}`,
  })
}

/** What an interrupted run left: a mount, a folder, a half-filled image. The data folder was not touched by it. */
async function clearWorkbench({ workbench, unfinishedImage }: ImagePaths): Promise<void> {
  if (await exists(workbench)) {
    if (await isMountPoint(workbench)) await runSystemTool('umount', [workbench])
    await rmdir(workbench)
  }
  await rm(unfinishedImage, { force: true })
}

async function makeImage(paths: ImagePaths, sizeBytes: number, say: (line: string) => void): Promise<void> {
  say(`Making a Btrfs of ${formatBytes(sizeBytes)} in ${paths.image}.`)
  await makeFolder(dirname(paths.image))
  const handle = await open(paths.unfinishedImage, 'wx', 0o600)
  try {
    await handle.truncate(sizeBytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await runSystemTool('mkfs.btrfs', ['-q', '-L', 'peekr', paths.unfinishedImage])
  await withWorkbench(paths, paths.unfinishedImage, () => moveDataIn(paths.dataPath, paths.workbench, say))
  await syncPath(paths.unfinishedImage)
  await rename(paths.unfinishedImage, paths.image)
  await syncPath(dirname(paths.image))
}

/** The image got its name, then something stopped the run before the data folder was set aside. */
async function requireSameData(paths: ImagePaths): Promise<void> {
  const difference = await withWorkbench(paths, paths.image, () =>
    findDifference(paths.dataPath, paths.workbench),
  )
  if (difference === null) return
  throw new PeekrError('conflict', {
    message: `Both ${paths.dataPath} and ${paths.image} hold data, and they differ (first at ${difference}). Decide which one is right, move the other one away, and try again.`,
  })
}

async function withWorkbench<T>(paths: ImagePaths, image: string, work: () => Promise<T>): Promise<T> {
  await mkdir(paths.workbench)
  try {
    await runSystemTool('mount', buildMountImage(image, paths.workbench))
    try {
      return await work()
    } finally {
      await runSystemTool('umount', [paths.workbench])
    }
  } finally {
    await rmdir(paths.workbench)
  }
}

async function setDataAside({ dataPath, previousData }: ImagePaths): Promise<string> {
  const taken = await exists(previousData)
  const target = taken ? `${previousData}-${Date.now()}` : previousData
  await rename(dataPath, target)
  await syncPath(dirname(dataPath))
  return target
}

async function mountForGood({ dataPath, image }: ImagePaths): Promise<void> {
  await makeFolder(dataPath)
  // Closed to everybody but root while nothing is mounted over it, so that no file lands under the mount.
  await chmod(dataPath, 0o555)
  await syncPath(dataPath)
  await runSystemTool('mount', buildMountImage(image, dataPath))
  const owner = await stat(dataPath)
  await chown(image, owner.uid, owner.gid)
}
