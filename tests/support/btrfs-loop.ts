import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface BtrfsLoop {
  /** The mount point. */
  path: string
  imagePath: string
  /** Unmounts, frees the loop device and removes the image; twice is fine. */
  close(): Promise<void>
}

/** Why no Btrfs can be made here, for a test's `skip`; false when it can. */
export function whyNoBtrfsLoop(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root to mount a Btrfs image'
  if (!existsSync('/dev/loop-control')) return 'needs loop devices, and this machine has none'
  if (!['/sbin/mkfs.btrfs', '/usr/sbin/mkfs.btrfs'].some(existsSync)) return 'needs the package btrfs-progs'
  return false
}

/** A fresh Btrfs in an image file under the system's temporary folder, mounted. Call `close` in an `after`. */
export async function withBtrfsLoop(options: {
  sizeMib: number
  mountOptions?: string[]
  /** Where the image goes, instead of the temporary folder. */
  folder?: string
}): Promise<BtrfsLoop> {
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), 'peekr-btrfs-'))
  const imagePath = join(folder, 'disk.img')
  const path = join(folder, 'mnt')
  const close = async () => {
    await unmount(path)
    await detach(imagePath)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await mkdir(path)
    await writeFile(imagePath, '')
    await truncate(imagePath, options.sizeMib * 1024 ** 2)
    await run('mkfs.btrfs', ['-q', imagePath], { timeout: 30_000 })
    await mountLoop(imagePath, path, options.mountOptions)
  } catch (error) {
    await close()
    throw error
  }
  return { path, imagePath, close }
}

export async function mountLoop(imagePath: string, path: string, mountOptions: string[] = []): Promise<void> {
  await mkdir(path, { recursive: true })
  await run('mount', ['-t', 'btrfs', '-o', ['loop', 'noatime', ...mountOptions].join(','), imagePath, path], {
    timeout: 30_000,
  })
}

/** Unmounts if mounted. A process that still has a file open there gets five seconds to let go. */
export async function unmount(path: string): Promise<void> {
  const deadline = Date.now() + 5_000
  while (existsSync(path)) {
    const isMounted = await run('mountpoint', ['-q', path]).then(
      () => true,
      () => false,
    )
    if (!isMounted) return
    try {
      await run('umount', [path], { timeout: 30_000 })
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/** Frees loop devices a failed mount may have left on the image; a clean unmount frees them by itself. */
async function detach(imagePath: string): Promise<void> {
  if (!existsSync(imagePath)) return
  const { stdout } = await run('losetup', ['-n', '-O', 'NAME', '-j', imagePath])
  for (const device of stdout.split('\n').filter(Boolean)) await run('losetup', ['-d', device.trim()])
}
