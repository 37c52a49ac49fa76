import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isErrno } from '#lib/storage/to-storage-error'

/** Everything `peekr storage init --loop` makes lies beside the data folder and is named after it. */
export interface ImagePaths {
  dataPath: string
  image: string
  /** The image while data is still being moved into it, and where it is mounted meanwhile. */
  unfinishedImage: string
  workbench: string
  /** The data as it was, kept until its owner removes it. */
  previousData: string
}

/** A data folder behind a symbolic link is taken for the folder itself. */
export async function getImagePaths(dataPath: string): Promise<ImagePaths> {
  const real = await getRealPath(resolve(dataPath))
  return {
    dataPath: real,
    image: `${real}.btrfs`,
    unfinishedImage: `${real}.btrfs.unfinished`,
    workbench: `${real}.btrfs.mount`,
    previousData: `${real}.before-btrfs`,
  }
}

async function getRealPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error
    return join(await getRealPath(dirname(path)), basename(path))
  }
}
