import { chmod, chown, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatBytes, plural } from '#lib/domain/format'
import { isId } from '#lib/domain/id'
import { LIBRARY_FOLDER, SOURCE_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { buildSyncFilesystem } from '#lib/storage/btrfs/btrfs-arguments'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { createSubvolume } from '#lib/storage/btrfs/subvolume'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { copyTree } from '#lib/storage/image/copy-tree'
import { findDifference } from '#lib/storage/image/find-difference'
import { getTreeSize } from '#lib/storage/image/get-tree-size'
import { makeFolder } from '#lib/storage/make-folder'

/**
 * Copies the data folder into a new Btrfs, every video into a subvolume of its own, and compares both byte for byte.
 * @throws conflict when something changed meanwhile.
 */
export async function moveDataIn(dataPath: string, root: string, say: (line: string) => void): Promise<void> {
  const hasData = await exists(dataPath)
  const owner = await stat(hasData ? dataPath : dirname(dataPath))
  await chown(root, owner.uid, owner.gid)
  await chmod(root, hasData ? owner.mode : 0o700)
  if (!hasData) return
  const { fileCount, sizeBytes } = await getTreeSize(dataPath)
  if (fileCount > 0)
    say(`Copying ${plural(fileCount, 'file')} (${formatBytes(sizeBytes)}) into it, and comparing them.`)
  await makeSubvolumes(dataPath, root)
  await copyTree(dataPath, root)
  await runBtrfs(buildSyncFilesystem(root), { timeoutMs: 600_000 })
  const difference = await findDifference(dataPath, root)
  if (difference === null) return
  throw new PeekrError('conflict', {
    message: `${join(dataPath, difference)} changed while it was copied, so nothing was replaced. Stop whatever writes there and try again.`,
  })
}

async function makeSubvolumes(dataPath: string, root: string): Promise<void> {
  for (const videoId of (await readNames(join(dataPath, LIBRARY_FOLDER))).filter(isId)) {
    const video = join(root, LIBRARY_FOLDER, videoId)
    await makeFolder(dirname(video))
    await createSubvolume(video, runBtrfs)
    const hasSource = await exists(join(dataPath, LIBRARY_FOLDER, videoId, SOURCE_FOLDER))
    if (hasSource) await createSubvolume(join(video, SOURCE_FOLDER), runBtrfs)
  }
}
