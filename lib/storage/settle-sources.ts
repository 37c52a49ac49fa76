import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseOtherSource } from '#lib/domain/media-paths'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { syncPath } from '#lib/storage/sync-tree'
import type { VideoFolders } from '#lib/storage/video-folders'

/**
 * Exchanges the sources of a video as its record says they belong; see `Storage.settleSources`. Which step a crash came
 * after is read from the names: while the previous one is not under its own name the file in the middle is it, and
 * once the current one is no longer under its own the exchange is done.
 */
export async function settleSources(
  folders: VideoFolders,
  { current, previous, kept }: { current: string; previous: string | null; kept: string[] },
): Promise<void> {
  const names = await readNames(folders.source)
  if (!names.some((name) => parseOtherSource(name) !== null) && previous === null) return
  const aside = previous === null ? null : folders.sourceOf(previous)
  if (aside !== null && !(await exists(aside)) && (await exists(folders.sourceFile))) {
    await rename(folders.sourceFile, aside)
    await syncPath(folders.source)
  }
  const coming = folders.sourceOf(current)
  if (await exists(coming)) await rename(coming, folders.sourceFile)
  for (const name of await readNames(folders.source)) {
    const uploadId = parseOtherSource(name)
    if (uploadId !== null && !kept.includes(uploadId)) await rm(join(folders.source, name), { force: true })
  }
  await syncPath(folders.source)
}
