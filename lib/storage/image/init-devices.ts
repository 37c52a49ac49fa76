import { chmod, mkdir, realpath, rename, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { plural } from '#lib/domain/format'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import { isMountPoint, listMounts } from '#lib/storage/find-mount'
import { readNames } from '#lib/storage/folder-names'
import { DEVICE_MARK, writeDeviceMark } from '#lib/storage/image/device-mark'
import { getImagePaths, type ImagePaths } from '#lib/storage/image/image-paths'
import { requireUnused } from '#lib/storage/image/init-loop-image'
import { buildMountDevice } from '#lib/storage/image/mount-arguments'
import { moveDataIn } from '#lib/storage/image/move-data-in'
import { runSystemTool } from '#lib/storage/image/run-system-tool'
import { makeFolder } from '#lib/storage/make-folder'
import { isOnBtrfs } from '#lib/storage/open-storage'
import { syncPath } from '#lib/storage/sync-tree'

export interface InitDevicesResult {
  dataPath: string
  /** Of the new filesystem; what to mount it by, since device names may change. */
  uuid: string
  previousData: string | null
}

/**
 * Puts the data folder on a Btrfs of its own on these devices; with `raid1`, everything twice, so that damage of one is
 * repaired from the other. Existing data is copied in, compared byte for byte, and kept as `{data}.before-btrfs`. Until that
 * is done the data folder is untouched. Devices that hold anything are refused, by mkfs.btrfs itself.
 * @throws invalid_input for unsuitable devices; conflict when they are in use or hold something, or the folder is;
 *   storage_unavailable when a tool fails.
 */
export async function initDevices(options: {
  dataPath: string
  devices: string[]
  raid1: boolean
  say?: (line: string) => void
}): Promise<InitDevicesResult> {
  const { raid1, say = () => undefined } = options
  const paths = await getImagePaths(options.dataPath)
  const devices = await requireDevices(options.devices, raid1)
  await requirePlainFolder(paths)
  say(`Making a Btrfs on ${plural(devices.length, 'device')}: ${devices.join(', ')}.`)
  const profile = raid1 ? 'raid1' : 'single'
  await makeFilesystem(['-q', '-L', 'peekr', '-d', profile, '-m', raid1 ? 'raid1' : 'dup', ...devices])
  // Without udev nobody else tells the kernel which devices belong together.
  await runSystemTool('btrfs', ['device', 'scan', ...devices])
  const [first = ''] = devices
  const uuid = (await runSystemTool('blkid', ['-p', '-s', 'UUID', '-o', 'value', first])).trim()
  await mkdir(paths.workbench)
  try {
    await runSystemTool('mount', buildMountDevice(first, paths.workbench))
    try {
      await moveDataIn(paths.dataPath, paths.workbench, say)
    } finally {
      await runSystemTool('umount', [paths.workbench])
    }
  } finally {
    await rmdir(paths.workbench)
  }
  const previousData = await putMountPoint(paths, uuid)
  await runSystemTool('mount', buildMountDevice(first, paths.dataPath))
  return { dataPath: paths.dataPath, uuid, previousData }
}

async function requireDevices(given: string[], raid1: boolean): Promise<string[]> {
  const devices = [...new Set(await Promise.all(given.map(resolveDevice)))]
  if (raid1 && devices.length < 2) {
    throw new PeekrError('invalid_input', {
      message: '--raid1 needs two different devices. Name both after --devices.',
    })
  }
  if (!raid1 && devices.length > 1) {
    throw new PeekrError('invalid_input', {
      message:
        'Several devices without --raid1 lose everything when one of them fails. Add --raid1, or name one device.',
    })
  }
  const mounts = await listMounts()
  const used = devices.find((device) => mounts.some(({ source }) => source === device))
  if (used !== undefined) {
    throw new PeekrError('conflict', {
      message: `${used} is mounted. Unmount it first, or name another device.`,
    })
  }
  return devices
}

async function resolveDevice(path: string): Promise<string> {
  if (await exists(path)) {
    const real = await realpath(path)
    if ((await stat(real)).isBlockDevice()) return real
  }
  throw new PeekrError('invalid_input', {
    message: `${path} is no block device. \`lsblk\` lists those there are.`,
  })
}

async function requirePlainFolder(paths: ImagePaths): Promise<void> {
  const { dataPath, image, workbench } = paths
  if (await exists(dataPath)) {
    if ((await isMountPoint(dataPath)) || (await isOnBtrfs(dataPath))) {
      throw new PeekrError('conflict', {
        message: `${dataPath} is on Btrfs, or a disk of its own, already. Set PEEKR_DATA or --path to a folder that is not.`,
      })
    }
    await requireUnused(dataPath)
  }
  for (const path of [image, workbench, join(dataPath, DEVICE_MARK)]) {
    if (!(await exists(path))) continue
    throw new PeekrError('conflict', {
      message: `${path} is there: the data has been put on Btrfs before. Mount that with \`peekr start\` as root.`,
    })
  }
}

async function makeFilesystem(args: string[]): Promise<void> {
  try {
    await runSystemTool('mkfs.btrfs', args)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PeekrError('conflict', {
      message: `${reason}\nIf there is nothing on these devices that anybody needs, erase what they hold with \`wipefs -a\` and the devices’ names, then try again.`,
      cause,
    })
  }
}

/** The folder to mount over, which says so as long as nothing is mounted; the data as it was goes aside. */
async function putMountPoint({ dataPath, previousData }: ImagePaths, uuid: string): Promise<string | null> {
  const hadData = (await exists(dataPath)) && (await readNames(dataPath)).length > 0
  const made = `${dataPath}.mount-point`
  await makeFolder(made)
  await writeDeviceMark(made, uuid)
  // Closed to everybody but root while nothing is mounted over it, so that no file lands under the mount.
  await chmod(made, 0o555)
  const target = (await exists(previousData)) ? `${previousData}-${Date.now()}` : previousData
  if (hadData) await rename(dataPath, target)
  else if (await exists(dataPath)) await rmdir(dataPath)
  await rename(made, dataPath)
  await syncPath(dirname(dataPath))
  return hadData ? target : null
}
