import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import { withStorageErrors } from '#lib/storage/to-storage-error'
import {
  BACKUP_VERSION,
  formatRecord,
  parseRunRecord,
  parseStateRecord,
  parseTargetMark,
  RUNS_FOLDER,
  type RunRecord,
  type StateRecord,
  TARGET_MARK,
  type TargetKind,
} from '#lib/storage/twin/backup-format'
import { createLocalFiles } from '#lib/storage/twin/local-files'
import type { RunPipe } from '#lib/storage/twin/run-pipe'
import { isSshAddress } from '#lib/storage/twin/ssh-address'
import { createSshFiles } from '#lib/storage/twin/ssh-files'
import type { TargetFiles } from '#lib/storage/twin/target-files'

/** A folder of backups of one library, here or on another machine. */
export interface Target {
  id: string
  kind: TargetKind
  library: string
  files: TargetFiles
}

interface Where {
  /** A folder, or `ssh://user@host/folder`. */
  where: string
  sshConfigPath: string | null
  runPipe: RunPipe
}

/**
 * Opens the backups at a place, to read them.
 * @throws not_found when there are none; forbidden, storage_unavailable when the other machine does not let us.
 */
export async function openTarget(options: Where): Promise<Target> {
  const files = openFiles(options)
  return closeUnlessOpen(files, () => readTarget(files))
}

async function readTarget(files: TargetFiles): Promise<Target> {
  const text = await files.readText(TARGET_MARK)
  if (text === null) {
    throw new PeekrError('not_found', {
      message: `There is no Peekr backup in ${files.where}. Name the folder that \`peekr backup\` wrote to.`,
    })
  }
  const { id, kind, library } = parseTargetMark(text)
  return { id, kind, library, files }
}

/**
 * Opens the place for backups of a library, and makes it what it is to be when it is empty.
 * @throws invalid_input when it holds something else, or backups of another kind; conflict when those of another library.
 */
export async function openTargetToWrite(
  options: Where & { kind: TargetKind; library: string },
): Promise<Target> {
  const files = openFiles(options)
  return closeUnlessOpen(files, () => readTargetToWrite(files, options))
}

async function readTargetToWrite(
  files: TargetFiles,
  { kind, library }: { kind: TargetKind; library: string },
): Promise<Target> {
  if (files.localPath !== null) {
    const path = files.localPath
    await withStorageErrors(() => mkdir(path, { recursive: true, mode: 0o700 }))
  }
  const text = await files.readText(TARGET_MARK)
  if (text === null) return makeTarget(files, kind, library)
  const mark = parseTargetMark(text)
  if (mark.library !== library) {
    throw new PeekrError('conflict', {
      message: `${files.where} has backups of another library. Give each library a folder of its own.`,
    })
  }
  if (mark.kind !== kind) {
    throw new PeekrError('invalid_input', { message: describeOtherKind(files.where, mark.kind) })
  }
  return { id: mark.id, kind: mark.kind, library, files }
}

/** The complete backups in a target, oldest first. */
export async function readRuns({ files }: Target): Promise<RunRecord[]> {
  const names = (await files.list(RUNS_FOLDER)).filter((name) => name.endsWith('.json')).sort()
  const runs: RunRecord[] = []
  for (const name of names) {
    const text = await files.readText(`${RUNS_FOLDER}/${name}`)
    if (text !== null) runs.push(parseRunRecord(text))
  }
  return runs
}

/** The states that are whole, of complete backups and of one that was cut off. */
export async function readStates({ files }: Target): Promise<StateRecord[]> {
  return (await files.readStateMarks()).map(parseStateRecord)
}

async function closeUnlessOpen(files: TargetFiles, open: () => Promise<Target>): Promise<Target> {
  try {
    return await open()
  } catch (error) {
    await files.close()
    throw error
  }
}

function openFiles({ where, sshConfigPath, runPipe }: Where): TargetFiles {
  if (isSshAddress(where)) return createSshFiles({ address: where, configPath: sshConfigPath, runPipe })
  return createLocalFiles(resolve(where), runPipe)
}

async function makeTarget(files: TargetFiles, kind: TargetKind, library: string): Promise<Target> {
  // Of a target whose making was cut off there is at most the mark aside; `lost+found` is a filesystem's own.
  const strangers = (await files.list('.').catch(() => [])).filter(
    (name) => !name.startsWith(TARGET_MARK) && name !== 'lost+found',
  )
  if (strangers.length > 0) {
    throw new PeekrError('invalid_input', {
      message: `${files.where} is not empty, and not a Peekr backup. Name an empty folder, or one that does not exist yet.`,
    })
  }
  const id = createId()
  await files.writeText(
    TARGET_MARK,
    formatRecord({ version: BACKUP_VERSION, format: 'peekr-backup', id, kind, library }),
  )
  return { id, kind, library, files }
}

function describeOtherKind(where: string, kind: TargetKind): string {
  const advice = {
    streams: 'streams of `btrfs send`, which need the data folder on Btrfs, root, and no --plain',
    btrfs: 'subvolumes, which need the data folder on Btrfs, root, and neither --plain nor --streams',
    files: 'plain files; add --plain to go on with them',
  }[kind]
  return `The backups in ${where} are ${advice}. Or name another folder.`
}
