import { mkdir, realpath } from 'node:fs/promises'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { exists } from '#lib/storage/exists'
import { isMountPoint } from '#lib/storage/find-mount'
import { readNames } from '#lib/storage/folder-names'
import { findMissingDevice } from '#lib/storage/image/device-mark'
import { getImagePaths, type ImagePaths } from '#lib/storage/image/image-paths'
import { buildMountDevice, buildMountImage, buildSudoCommand } from '#lib/storage/image/mount-arguments'
import { runSystemTool } from '#lib/storage/image/run-system-tool'

/**
 * Mounts the image that `peekr storage init --loop` made, where it is not mounted: after a reboot Peekr must not start
 * on the empty folder under it. Does nothing when there is no image. Calling twice is safe.
 * @throws storage_unavailable with the exact command for an administrator, when this process is not root; or when the
 *   folder under the mount has files in it, which mounting would hide.
 */
export async function mountImageIfNeeded(dataPath: string): Promise<void> {
  await mountDeviceIfNeeded(dataPath)
  const paths = await findUnmountedImage(dataPath)
  if (paths === null) return
  const args = buildMountImage(paths.image, paths.dataPath)
  if ((await readNames(paths.dataPath)).length > 0) {
    throw new PeekrError('storage_unavailable', {
      message: `There are files in ${paths.dataPath}, but the videos are in ${paths.image}, which is not mounted over it. Finish with \`peekr storage init --loop\`, or move the files away and start again.`,
    })
  }
  if (process.geteuid?.() !== 0) {
    const command = buildSudoCommand('mount', args)
    throw new PeekrError('storage_unavailable', {
      message: `The videos are in ${paths.image}, which is not mounted, and mounting needs root. Run this, then start again:\n  ${command}`,
    })
  }
  await mkdir(paths.dataPath, { recursive: true })
  await runSystemTool('mount', args)
  getLog('storage').info({ image: paths.image }, 'mounted the library’s image')
}

/** The same for the devices of `peekr storage init --devices`. */
async function mountDeviceIfNeeded(dataPath: string): Promise<void> {
  const uuid = await findMissingDevice(dataPath)
  if (uuid === null) return
  const args = buildMountDevice(`UUID=${uuid}`, await realpath(dataPath))
  if (process.geteuid?.() !== 0) {
    throw new PeekrError('storage_unavailable', {
      message: `The videos are on a disk that is not mounted, and mounting needs root. Run this, then start again:\n  ${buildSudoCommand('mount', args)}`,
    })
  }
  await runSystemTool('btrfs', ['device', 'scan'])
  await runSystemTool('mount', args)
  getLog('storage').info({ uuid }, 'mounted the library’s devices')
}

/** Where the image is and belongs when it is there but not mounted; otherwise null. */
export async function findUnmountedImage(dataPath: string): Promise<ImagePaths | null> {
  const paths = await getImagePaths(dataPath)
  if (!(await exists(paths.image))) return null
  return (await exists(paths.dataPath)) && (await isMountPoint(paths.dataPath)) ? null : paths
}
