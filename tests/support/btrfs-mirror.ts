import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unmount } from './btrfs-loop.ts'

const run = promisify(execFile)

export interface BtrfsMirror {
  /** The mount point. */
  path: string
  /** One image a copy, and the loop device on it. */
  images: string[]
  devices: string[]
  folder: string
  /** Makes one more image and its device. */
  addDevice(): Promise<{ image: string; device: string }>
  close(): Promise<void>
}

/** A Btrfs that keeps everything twice, on two loop devices. Call `close` in an `after`. */
export async function withBtrfsMirror({ sizeMib }: { sizeMib: number }): Promise<BtrfsMirror> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-mirror-'))
  const path = join(folder, 'mnt')
  const images: string[] = []
  const devices: string[] = []
  const addDevice = async () => {
    const image = join(folder, `disk-${images.length}.img`)
    await writeFile(image, '')
    await truncate(image, sizeMib * 1024 ** 2)
    const device = (await run('losetup', ['-f', '--show', image])).stdout.trim()
    images.push(image)
    devices.push(device)
    return { image, device }
  }
  const close = async () => {
    await unmount(path)
    for (const device of devices) await run('losetup', ['-d', device]).catch(() => {}) // taken away by the test
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await addDevice()
    await addDevice()
    await run('mkfs.btrfs', ['-q', '-d', 'raid1', '-m', 'raid1', ...devices], { timeout: 30_000 })
    await run('btrfs', ['device', 'scan', ...devices])
    await mkdir(path)
    await run('mount', ['-t', 'btrfs', '-o', 'noatime', devices[0] ?? '', path], { timeout: 30_000 })
  } catch (error) {
    await close()
    throw error
  }
  return { path, images, devices, folder, addDevice, close }
}

/**
 * Overwrites with zeros where one disk holds the bytes of a file, as a disk that lost them would. The file must be on the
 * disk (synced).
 * @param copy which of the mirror's disks
 * @returns how many bytes
 */
export async function zeroFileIn(mirror: BtrfsMirror, copy: number, filePath: string): Promise<number> {
  await run('sync', [])
  const device = mirror.devices[copy] ?? ''
  const { stdout } = await run('filefrag', ['-v', '-b4096', filePath])
  const handle = await open(mirror.images[copy] ?? '', 'r+')
  let zeroedBytes = 0
  try {
    for (const [, start, count] of stdout.matchAll(/^\s*\d+:.+?:\s*(\d+)\.\.\s*\d+:\s*(\d+):/gm)) {
      const [logical, length] = [Number(start) * 4096, Number(count) * 4096]
      const { stdout: map } = await run('btrfs-map-logical', [
        '-l',
        String(logical),
        '-b',
        '4096',
        mirror.devices[0] ?? '',
      ])
      const [, physical] = new RegExp(`physical (\\d+) device ${device}$`, 'm').exec(map) ?? []
      if (physical === undefined) throw new Error(`${device} has nothing of ${filePath}: ${map}`)
      await handle.write(Buffer.alloc(length), 0, length, Number(physical))
      zeroedBytes += length
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return zeroedBytes
}

/** Has the kernel forget what it has read, as after a restart. */
export async function dropKernelCaches(): Promise<void> {
  await run('sync', [])
  await writeFile('/proc/sys/vm/drop_caches', '3')
}
