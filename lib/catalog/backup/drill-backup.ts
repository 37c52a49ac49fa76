import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type BackupAccess,
  getChain,
  groupStates,
  type OpenBackup,
  withBackup,
} from '#lib/catalog/backup/open-backup'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { type TreeProof, verifySource, verifyTree } from '#lib/catalog/backup/verify-tree'
import { readRecords } from '#lib/db/dump-format'
import { checkPages } from '#lib/db/embedded/storage/open-store'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { runTask } from '#lib/jobs/pool'
import { parseVideoRecord } from '#lib/publish/video-record'
import { readNames } from '#lib/storage/folder-names'
import { buildStatePath, type StateRecord } from '#lib/storage/twin/backup-format'
import { bringState } from '#lib/storage/twin/bring-state'
import { removeState } from '#lib/storage/twin/hold-state'

const SCRATCH = '.peekr-drill-'
/** Longer than bringing back any one video takes: that touches the folder. */
const SCRATCH_MS_MAX = 86_400_000

export interface DrillReport {
  name: string
  where: string
  videoCount: number
  fileCount: number
  sizeBytes: number
  /** Each a sentence with the video it is of; none when the whole backup is good. */
  problems: { videoId: string | null; sentence: string }[]
  tookMs: number
}

interface DrillOptions extends BackupAccess {
  /** An existing folder for what is brought back, one video at a time; on Btrfs for streams. */
  scratchPath: string
  say?: (line: string) => void
}

/**
 * Brings every video of a backup back into a scratch folder as a restore would, compares all files with the signed
 * manifests, and opens the copy of the database. Changes neither the library nor the backup.
 * @throws not_found, wrong_credentials, disk_full
 */
export async function drillBackup(options: DrillOptions): Promise<DrillReport> {
  return withBackup(options, (backup) => drillOpened(backup, options))
}

async function drillOpened(backup: OpenBackup, options: DrillOptions): Promise<DrillReport> {
  await removeOldScratch(options.scratchPath)
  const scratch = await mkdtemp(join(options.scratchPath, SCRATCH))
  try {
    return await proveBackup(
      backup,
      options,
      (states) => bringAndVerify(backup, states, scratch),
      async () => {
        const copy = join(scratch, 'database')
        await twinTools.runPipe({
          from: backup.target.files.open(backup.run.database.file),
          to: { file: copy },
        })
        return describeDatabase(backup, copy)
      },
    )
  } finally {
    await removeState(scratch, twinTools.runBtrfs)
  }
}

/** What a drill left that was killed. One that runs on another machine's data is spared. */
async function removeOldScratch(scratchPath: string): Promise<void> {
  for (const name of (await readNames(scratchPath)).filter((one) => one.startsWith(SCRATCH))) {
    const path = join(scratchPath, name)
    if (Date.now() - (await stat(path)).mtimeMs > SCRATCH_MS_MAX) await removeState(path, twinTools.runBtrfs)
  }
}

/**
 * Compares what lies in a backup with its hashes where it is: streams with the hash they were stored with, files with the
 * signed manifests. Needs no space, and on another machine moves no bytes.
 */
export async function verifyBackup(
  options: BackupAccess & { say?: (line: string) => void },
): Promise<DrillReport> {
  return withBackup(options, (backup) => verifyOpened(backup, options))
}

async function verifyOpened(
  backup: OpenBackup,
  options: { say?: (line: string) => void },
): Promise<DrillReport> {
  const { target, key } = backup
  return proveBackup(
    backup,
    options,
    async (states) => {
      if (target.kind === 'streams') return verifyStreams(backup, states)
      const root = target.files.localPath ?? ''
      return verifyParts(states, key, (state) => join(root, buildStatePath(target.kind, state)))
    },
    async () => {
      const hash = await target.files.hash(backup.run.database.file)
      return hash === backup.run.database.sha256 ? null : describeWrongCopy(hash)
    },
  )
}

async function proveBackup(
  backup: OpenBackup,
  { say = () => undefined }: { say?: (line: string) => void },
  prove: (states: StateRecord[]) => Promise<TreeProof>,
  proveDatabase: () => Promise<string | null>,
): Promise<DrillReport> {
  const startedMs = Date.now()
  const { target, run } = backup
  const report = { name: run.name, where: target.files.where, videoCount: 0, fileCount: 0, sizeBytes: 0 }
  const problems: DrillReport['problems'] = []
  const videos = groupStates(backup)
  for (const [videoId, states] of videos) {
    const proof = await prove(states).catch((error: unknown) => {
      // One video's trouble must not hide the others'; a full disk or a lost connection is everybody's.
      if (!isPeekrError(error) || error.code !== 'output_invalid') throw error
      return { fileCount: 0, sizeBytes: 0, problems: [error.message] }
    })
    report.videoCount += 1
    report.fileCount += proof.fileCount
    report.sizeBytes += proof.sizeBytes
    problems.push(...proof.problems.map((sentence) => ({ videoId, sentence })))
    say(
      `[${report.videoCount}/${videos.size}] ${videoId} ${proof.problems.length === 0 ? 'good' : 'DAMAGED'}`,
    )
  }
  const sentence = await proveDatabase()
  if (sentence !== null) problems.push({ videoId: null, sentence })
  return { ...report, problems, tookMs: Date.now() - startedMs }
}

async function bringAndVerify(
  backup: OpenBackup,
  states: StateRecord[],
  scratch: string,
): Promise<TreeProof> {
  const sourceHash = { sha256: null as string | null }
  const total: TreeProof = { fileCount: 0, sizeBytes: 0, problems: [] }
  for (const state of inOrder(states)) {
    const to = join(scratch, 'video')
    const chain = getChain(backup, state)
    await bringState({
      target: backup.target,
      chain,
      to,
      scratch: join(scratch, 'streams'),
      tools: twinTools,
    })
    add(total, await verifyPart(state, to, backup.key, sourceHash))
    await removeState(to, twinTools.runBtrfs)
  }
  return total
}

async function verifyParts(
  states: StateRecord[],
  key: Buffer,
  findPath: (state: StateRecord) => string,
): Promise<TreeProof> {
  const sourceHash = { sha256: null as string | null }
  const total: TreeProof = { fileCount: 0, sizeBytes: 0, problems: [] }
  for (const state of inOrder(states)) add(total, await verifyPart(state, findPath(state), key, sourceHash))
  return total
}

/** @param known the hash of the source, which the video's own record says. */
async function verifyPart(
  state: StateRecord,
  path: string,
  key: Buffer,
  known: { sha256: string | null },
): Promise<TreeProof> {
  if (state.part === 'source') return verifySource(path, known.sha256)
  known.sha256 = await readSourceHash(path)
  return verifyTree(path, state.videoId, key)
}

async function readSourceHash(path: string): Promise<string | null> {
  const text = await readFile(join(path, VIDEO_RECORD), 'utf8').catch(() => null)
  try {
    return text === null ? null : parseVideoRecord(text).source.sha256
  } catch (error) {
    // verifyTree names it.
    if (isPeekrError(error)) return null
    throw error
  }
}

async function verifyStreams(backup: OpenBackup, states: StateRecord[]): Promise<TreeProof> {
  const total: TreeProof = { fileCount: 0, sizeBytes: 0, problems: [] }
  for (const state of states.flatMap((one) => getChain(backup, one))) {
    const path = buildStatePath('streams', state)
    const hash = await backup.target.files.hash(path)
    add(total, { fileCount: 1, sizeBytes: state.sizeBytes, problems: [] })
    if (hash === null) total.problems.push(`The stream ${path} is missing.`)
    else if (hash !== state.sha256) total.problems.push(`The stream ${path} is not what was stored.`)
  }
  return total
}

/** Null when the copy of the database can be opened and is whole. */
async function describeDatabase({ run }: OpenBackup, path: string): Promise<string | null> {
  const { sha256 } = await runTask('hash-file', { path })
  if (sha256 !== run.database.sha256) return describeWrongCopy(sha256)
  if (run.database.engine === 'mongodb') {
    let count = 0
    for await (const _ of readRecords(path)) count += 1
    return count > 0 ? null : 'The copy of the database is empty.'
  }
  const sqlite = new DatabaseSync(path, { readOnly: true })
  try {
    const verdict = checkPages(sqlite)
    return verdict === 'ok' ? null : `The copy of the database is damaged: ${verdict}.`
  } finally {
    sqlite.close()
  }
}

function describeWrongCopy(hash: string | null): string {
  return hash === null
    ? 'The copy of the database is missing.'
    : 'The copy of the database is not what was stored.'
}

/** The video first, since it says what its source is. */
function inOrder(states: StateRecord[]): StateRecord[] {
  return states.toSorted((left, right) => (left.part === right.part ? 0 : left.part === 'video' ? -1 : 1))
}

function add(total: TreeProof, { fileCount, sizeBytes, problems }: TreeProof): void {
  total.fileCount += fileCount
  total.sizeBytes += sizeBytes
  total.problems.push(...problems)
}
