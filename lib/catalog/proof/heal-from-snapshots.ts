import { join } from 'node:path'
import type { Damage } from '#lib/catalog/proof/damage'
import { listRevisionFolders } from '#lib/catalog/proof/find-manifest'
import { readFiles } from '#lib/catalog/proof/read-files'
import { recheck } from '#lib/catalog/proof/recheck'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { replaceFile } from '#lib/storage/proof/replace-file'

/**
 * Brings damaged files back from the newest snapshot that has them whole, which is found out by reading them. A snapshot
 * shares what did not change with the video, so it helps where a file was removed, cut or written over, and not where
 * the disk lost the very blocks.
 * @returns what is still damaged
 */
export async function healFromSnapshots(damage: Damage): Promise<Damage['flaws']> {
  const { video, found, flaws, signal } = damage
  if (found === null) return flaws
  const [libraryFolder = '', ...snapshotFolders] = await listRevisionFolders(video._id, video.revision.id)
  let wanted = found.manifest.files.filter((file) => flaws.some(({ path }) => path === file.path))
  for (const folderPath of snapshotFolders) {
    if (wanted.length === 0) break
    const bad = new Set((await readFiles(folderPath, wanted, signal)).map(({ path }) => path))
    const whole = wanted.filter(({ path }) => !bad.has(path))
    // Nobody else may exchange the video's folder meanwhile.
    await withVideoLock(video._id, async () => {
      for (const { path } of whole) await replaceFile(join(folderPath, path), join(libraryFolder, path))
    })
    wanted = wanted.filter(({ path }) => bad.has(path))
  }
  return wanted.length === flaws.length ? flaws : recheck(damage, flaws)
}
