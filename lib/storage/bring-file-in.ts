import { constants } from 'node:fs'
import { copyFile, link, lstat, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { exists } from '#lib/storage/exists'
import { syncPath } from '#lib/storage/sync-tree'
import { isErrno } from '#lib/storage/to-storage-error'

export type Way = 'reflink' | 'link' | 'copy'

/** What says "this filesystem cannot do it this way" rather than "it failed". */
const IMPOSSIBLE = ['EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'ENOTTY', 'EPERM', 'EMLINK']

/**
 * Gives `to` the content of `from` in the first of `ways` the filesystem allows, and puts it on disk. The target
 * appears whole or not at all; when it is there already, nothing happens.
 * Reflink: FICLONE, 3 ms whatever the size once the pages are on disk, across subvolumes as well (ioctl_ficlone(2)).
 * @throws not_found when neither file exists.
 */
export async function bringFileIn(options: { from: string; to: string; ways: Way[] }): Promise<void> {
  const { from, to, ways } = options
  if (!(await exists(to))) {
    await requireFile(from)
    await syncPath(from)
    const aside = `${to}.partial`
    await rm(aside, { force: true })
    try {
      await firstPossible(from, aside, ways)
      await syncPath(aside)
      await rename(aside, to)
    } catch (error) {
      await rm(aside, { force: true })
      throw error
    }
  }
  await syncPath(dirname(to))
}

async function firstPossible(from: string, to: string, ways: Way[]): Promise<void> {
  for (const [index, way] of ways.entries()) {
    try {
      if (way === 'copy') {
        getLog('storage').warn(
          { from },
          'This source is copied byte by byte, because the filesystem can neither share nor link it into the library.',
        )
      }
      return await bring(way, from, to)
    } catch (error) {
      await rm(to, { force: true })
      if (index === ways.length - 1 || !isErrno(error, ...IMPOSSIBLE)) throw error
    }
  }
}

function bring(way: Way, from: string, to: string): Promise<void> {
  if (way === 'link') return link(from, to)
  return copyFile(from, to, way === 'reflink' ? constants.COPYFILE_FICLONE_FORCE : 0)
}

async function requireFile(path: string): Promise<void> {
  if ((await exists(path)) && (await lstat(path)).isFile()) return
  throw new PeekrError('not_found', {
    message: 'The uploaded file is gone from the server. Upload it again.',
    details: { path },
  })
}
