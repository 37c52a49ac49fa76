import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { getChain, type OpenBackup } from '#lib/catalog/backup/open-backup'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { type TreeProof, verifyTree } from '#lib/catalog/backup/verify-tree'
import {
  ATTEMPTS_FOLDER,
  SOURCE_FILE,
  SOURCE_FOLDER,
  TWIN_FOLDER,
  UNITS_FOLDER,
} from '#lib/domain/media-paths'
import { bringFileIn } from '#lib/storage/bring-file-in'
import { exists } from '#lib/storage/exists'
import { makeFolder } from '#lib/storage/make-folder'
import type { Storage } from '#lib/storage/storage'
import { syncPath } from '#lib/storage/sync-tree'
import { withStorageErrors } from '#lib/storage/to-storage-error'
import type { StateRecord } from '#lib/storage/twin/backup-format'
import { bringState } from '#lib/storage/twin/bring-state'
import { removeState } from '#lib/storage/twin/hold-state'
import { buildVideoFolders } from '#lib/storage/video-folders'

/**
 * Brings a video's state out of a backup to a path, whole or not at all, and compares its files with their manifests.
 * @param options.aside a path on the same filesystem, for while it is not whole.
 */
export async function bringVideoState(options: {
  backup: OpenBackup
  state: StateRecord
  dataPath: string
  aside: string
  to: string
}): Promise<TreeProof> {
  const { backup, state, dataPath, aside, to } = options
  const chain = getChain(backup, state)
  await bringState({
    target: backup.target,
    chain,
    to: aside,
    scratch: scratchPath(dataPath),
    tools: twinTools,
  })
  return withStorageErrors(async () => {
    for (const folder of [SOURCE_FOLDER, ATTEMPTS_FOLDER, UNITS_FOLDER])
      await rm(join(aside, folder), { recursive: true, force: true })
    const proof = await verifyTree(aside, state.videoId, backup.key)
    await makeFolder(dirname(to))
    await rename(aside, to)
    await syncPath(dirname(to))
    return proof
  })
}

/** Brings one video with its source into a library that does not have it. What is there already stays. */
export async function bringVideo(
  backup: OpenBackup,
  states: readonly StateRecord[],
  { dataPath, storage }: { dataPath: string; storage: Storage },
): Promise<TreeProof | null> {
  const videoId = states[0]?.videoId ?? ''
  const folders = buildVideoFolders(dataPath, videoId)
  const video = states.find(({ part }) => part === 'video')
  const source = states.find(({ part }) => part === 'source')
  let proof: TreeProof | null = null
  if (video !== undefined && !(await exists(folders.video))) {
    const to = { aside: folders.restoring, to: folders.video }
    proof = await bringVideoState({ backup, state: video, dataPath, ...to })
  }
  await storage.createVideo(videoId)
  if (source !== undefined) await bringSource(backup, source, { dataPath, to: folders.sourceFile })
  return proof
}

/** Brings an original to a path in a video's folder for sources. What is there already stays. */
export async function bringSource(
  backup: OpenBackup,
  source: StateRecord,
  { dataPath, to }: { dataPath: string; to: string },
): Promise<void> {
  if (await exists(to)) return
  const aside = join(scratchPath(dataPath), `${source.videoId}.source`)
  const scratch = join(scratchPath(dataPath), 'streams')
  await bringState({
    target: backup.target,
    chain: getChain(backup, source),
    to: aside,
    scratch,
    tools: twinTools,
  })
  await withStorageErrors(async () => {
    await bringFileIn({ from: join(aside, SOURCE_FILE), to, ways: ['reflink', 'link', 'copy'] })
    await removeState(aside, twinTools.runBtrfs)
  })
}

function scratchPath(dataPath: string): string {
  return join(dataPath, TWIN_FOLDER, 'incoming')
}
