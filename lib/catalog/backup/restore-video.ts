import { join } from 'node:path'
import { getSettings } from '#lib/admin/settings'
import { bringSource, bringVideo, bringVideoState } from '#lib/catalog/backup/bring-video'
import { type BackupAccess, groupStates, type OpenBackup, withBackup } from '#lib/catalog/backup/open-backup'
import { identifyLibrary, twinTools } from '#lib/catalog/backup/twin-tools'
import { withBackupLock } from '#lib/catalog/backup/with-backup-lock'
import { rebuildLibrary } from '#lib/catalog/rebuild-library'
import { getSnapshotRecord } from '#lib/catalog/snapshots/get-snapshot-record'
import { restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { getConfig } from '#lib/config'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { buildSnapshot } from '#lib/storage/snapshot-name'
import type { StateRecord } from '#lib/storage/twin/backup-format'
import { removeState } from '#lib/storage/twin/hold-state'
import { buildVideoFolders } from '#lib/storage/video-folders'

export interface RestoredVideo {
  videoId: string
  name: string
  /** `undone`: it was there and is as in the backup now. `made`: it had been erased. */
  how: 'undone' | 'made'
  /** The snapshot that takes this back; null for a video that was made anew. */
  undo: string | null
}

/**
 * Brings one video back out of a backup of this library, while Peekr runs or not. A video that is there gets the state
 * as one of its snapshots and is then restored to it, so this can be undone; one that was erased is made anew. Its files are
 * compared with their manifests first.
 * @throws not_found, conflict, output_invalid when its files in the backup are damaged
 */
export async function restoreVideo(options: BackupAccess & { videoId: string }): Promise<RestoredVideo> {
  return withBackup(options, (backup) => restoreOpened(backup, options.videoId))
}

async function restoreOpened(backup: OpenBackup, videoId: string): Promise<RestoredVideo> {
  const { dataPath } = getConfig()
  if (backup.target.library !== identifyLibrary()) {
    throw new PeekrError('conflict', {
      message:
        'These are backups of another library, whose manifests this one cannot prove. Restore them whole, with --into.',
    })
  }
  return withBackupLock(dataPath, async () => {
    const states = groupStates(backup).get(videoId)
    const state = states?.find(({ part }) => part === 'video')
    if (states === undefined || state === undefined) {
      throw new PeekrError('not_found', {
        message: `The backup ${backup.run.name} has no published video ${videoId}. Try another one with --at.`,
      })
    }
    const name = backup.run.name
    const record = await VideoModel.findById(videoId, { deletedAt: 1 }).lean()
    if (record === null) {
      const storage = await getLibrary()
      const proof = await bringVideo(backup, states, { dataPath, storage })
      await rebuildLibrary()
      if (proof !== null && proof.problems.length > 0) throw describeDamage(proof.problems)
      return { videoId, name, how: 'made', undo: null }
    }
    if (record.deletedAt !== null) {
      throw new PeekrError('conflict', { message: 'This video is in the bin. Take it out of there first.' })
    }
    const folders = buildVideoFolders(dataPath, videoId)
    const snapshot = buildSnapshot('from-backup', new Date())
    const to = folders.snapshot(snapshot.name)
    const aside = join(folders.snapshots, `.${snapshot.name}.partial`)
    const proof = await bringVideoState({ backup, state, dataPath, aside, to })
    if (proof.problems.length > 0) {
      await removeState(to, twinTools.runBtrfs)
      throw describeDamage(proof.problems)
    }
    await bringItsSource({ backup, states, videoId, name: snapshot.name })
    const undo = await restoreState(videoId, snapshot.name, 'all')
    return { videoId, name, how: 'undone', undo: undo?.name ?? null }
  })
}

/**
 * The original that the state was made of, where the library has it no longer: it was lost, or a new file took its place and
 * the snapshots that could bring it back went. Put where a restore looks for it; without it, it restores all the same.
 */
async function bringItsSource(options: {
  backup: OpenBackup
  states: readonly StateRecord[]
  videoId: string
  name: string
}): Promise<void> {
  const { backup, states, videoId, name } = options
  const source = states.find(({ part }) => part === 'source')
  if (source === undefined || (await getSettings()).originals !== 'keep') return
  const [stored, video] = await Promise.all([
    getSnapshotRecord(videoId, name),
    VideoModel.findById(videoId, { uploadId: 1 }).lean(),
  ])
  const library = await getLibrary()
  await library.createVideo(videoId)
  const isPresent = stored.uploadId === video?.uploadId
  const to = library.sourcePath(videoId, isPresent ? undefined : stored.uploadId)
  await bringSource(backup, source, { dataPath: getConfig().dataPath, to })
}

function describeDamage(problems: string[]): PeekrError {
  return new PeekrError('output_invalid', {
    message: `${problems.join(' ')} Take another backup of this video (--at).`,
  })
}
