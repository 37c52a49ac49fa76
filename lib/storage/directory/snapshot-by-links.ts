import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ATTEMPTS_FOLDER, SOURCE_FOLDER, UNITS_FOLDER } from '#lib/domain/media-paths'
import { linkTree } from '#lib/storage/directory/link-tree'
import { makeFolder } from '#lib/storage/make-folder'
import { syncPath } from '#lib/storage/sync-tree'
import type { VideoFolders } from '#lib/storage/video-folders'

/** A snapshot where the filesystem has none: a tree of hard links, made aside and shown with one rename. */
export async function snapshotByLinks(folders: VideoFolders, name: string): Promise<void> {
  await makeFolder(folders.snapshots)
  const aside = join(folders.snapshots, `.${name}.partial`)
  await rm(aside, { recursive: true, force: true })
  try {
    await linkTree(folders.video, aside, [SOURCE_FOLDER, ATTEMPTS_FOLDER, UNITS_FOLDER])
    await rename(aside, join(folders.snapshots, name))
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
  await syncPath(folders.snapshots)
}
