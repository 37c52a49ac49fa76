import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readOrWriteSecret } from '#lib/auth/secrets'
import { bringVideo } from '#lib/catalog/backup/bring-video'
import { type BackupAccess, groupStates, type OpenBackup, withBackup } from '#lib/catalog/backup/open-backup'
import { settleRestoredRecords } from '#lib/catalog/backup/settle-restored-records'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { withBackupLock } from '#lib/catalog/backup/with-backup-lock'
import { getConfig } from '#lib/config'
import { connectDatabase } from '#lib/db/connect'
import { buildDatabasePaths } from '#lib/db/embedded/database-paths'
import { findRunningEmbeddedDatabase } from '#lib/db/embedded/find-running-embedded-database'
import { importDatabase } from '#lib/db/import-database'
import { withRawDatabase } from '#lib/db/with-raw-database'
import { LIBRARY_FOLDER, SECRETS_FOLDER, TWIN_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { syncPath } from '#lib/storage/sync-tree'
import { writeFileWhole } from '#lib/storage/write-file-whole'

export interface RestoreResult {
  name: string
  where: string
  dataPath: string
  videoCount: number
  fileCount: number
  sizeBytes: number
  /** Videos whose files are not what their manifest says; they were brought back as they are. */
  damaged: { videoId: string; sentence: string }[]
  /** Uploads that had not arrived when the backup was made, and are lost. */
  lostUploads: string[]
}

/** While it is there, the restore of the named backup is not at its end. */
const RESTORE_MARK = 'restoring'

/**
 * Makes a library out of a backup in an empty data folder (`PEEKR_DATA`): the key, the videos, the database last; then
 * the records are made to say what is on the disk. Interrupted, it goes on when it is run again with the same backup.
 * @throws conflict when the folder holds a library already, or Peekr runs on it; not_found, wrong_credentials, disk_full
 */
export async function restoreLibrary(
  options: BackupAccess & { say?: (line: string) => void },
): Promise<RestoreResult> {
  const { dataPath } = getConfig()
  return withBackup(options, (backup) => withBackupLock(dataPath, () => restoreOpened(backup, options)))
}

async function restoreOpened(
  backup: OpenBackup,
  { say = () => undefined }: { say?: (line: string) => void },
): Promise<RestoreResult> {
  const { dataPath } = getConfig()
  const { target, run, key } = backup
  await requireEmpty(backup, dataPath)
  await writeFileWhole(join(dataPath, TWIN_FOLDER, RESTORE_MARK), run.name)
  await restoreKey(dataPath, key)
  const storage = await getLibrary()
  const result: RestoreResult = {
    name: run.name,
    where: target.files.where,
    dataPath,
    videoCount: 0,
    fileCount: 0,
    sizeBytes: 0,
    damaged: [],
    lostUploads: [],
  }
  const videos = groupStates(backup)
  for (const [videoId, states] of videos) {
    const proof = await bringVideo(backup, states, { dataPath, storage })
    result.videoCount += 1
    result.fileCount += proof?.fileCount ?? 0
    result.sizeBytes += proof?.sizeBytes ?? 0
    result.damaged.push(...(proof?.problems ?? []).map((sentence) => ({ videoId, sentence })))
    say(`[${result.videoCount}/${videos.size}] ${videoId}${proof?.problems.length ? ' DAMAGED' : ''}`)
  }
  await restoreDatabase(backup, dataPath)
  await connectDatabase()
  result.lostUploads = await settleRestoredRecords()
  await rm(join(dataPath, TWIN_FOLDER, RESTORE_MARK), { force: true })
  await rm(join(dataPath, TWIN_FOLDER, 'incoming'), { recursive: true, force: true })
  return result
}

async function requireEmpty({ run }: OpenBackup, dataPath: string): Promise<void> {
  const { mongodbUri } = getConfig()
  if (mongodbUri !== null && run.database.engine === 'embedded') {
    throw new PeekrError('invalid_input', {
      message:
        'This backup holds an embedded database. Restore it without MONGODB_URI, then move it with `peekr db export` and `peekr db import`.',
    })
  }
  if ((await findRunningEmbeddedDatabase({ dataPath })) !== null) {
    throw new PeekrError('conflict', {
      message: 'Peekr is running on this data folder. Stop it, then try again.',
    })
  }
  const mark = join(dataPath, TWIN_FOLDER, RESTORE_MARK)
  const names = (await exists(mark)) ? await readMark(mark) : null
  if (names === run.name) return
  const hasVideos = (await readNames(join(dataPath, LIBRARY_FOLDER))).some(
    (name) => !name.startsWith('.trial-'),
  )
  if (!hasVideos && !(await exists(buildDatabasePaths(dataPath).file)) && names === null) return
  throw new PeekrError('conflict', {
    message:
      names === null
        ? `${dataPath} holds a library already. Restore into another folder with --into, or a single video with --video.`
        : `A restore of the backup ${names} into ${dataPath} is not finished. Finish it with --at ${names}, or choose an empty folder.`,
  })
}

async function readMark(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim()
}

async function restoreKey(dataPath: string, key: Buffer): Promise<void> {
  const path = join(dataPath, SECRETS_FOLDER, 'manifest')
  if (readOrWriteSecret(path, () => key).equals(key)) return
  throw new PeekrError('conflict', {
    message: `${path} is the key of another library. Restore into an empty folder, or move that file away if nothing needs it.`,
  })
}

async function restoreDatabase({ target, run }: OpenBackup, dataPath: string): Promise<void> {
  const { mongodbUri } = getConfig()
  const from = target.files.open(run.database.file)
  if (run.database.engine === 'mongodb') {
    const copy = join(dataPath, TWIN_FOLDER, 'database.db.gz')
    await bringFile(from, copy, run.database.sha256)
    await withRawDatabase((db) => importDatabase(db, copy))
    await rm(copy, { force: true })
    return
  }
  if (mongodbUri !== null) throw new PeekrError('invalid_input')
  const { folder, file } = buildDatabasePaths(dataPath)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (!(await exists(file))) await bringFile(from, file, run.database.sha256)
}

async function bringFile(
  from: ReturnType<OpenBackup['target']['files']['open']>,
  path: string,
  expected: string,
): Promise<void> {
  const partial = `${path}.partial`
  const { sha256 } = await twinTools.runPipe({ from, to: { file: partial } })
  if (sha256 !== expected) {
    await rm(partial, { force: true })
    throw new PeekrError('output_invalid', {
      message:
        'The copy of the database is not what was stored. Take another backup (--at); `peekr rebuild` makes the videos’ records without one.',
    })
  }
  await rename(partial, path)
  await syncPath(dirname(path))
}
