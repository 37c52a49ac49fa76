import { getSecret } from '#lib/auth/secrets'
import { storeKey } from '#lib/catalog/backup/backup-key'
import { copyDatabase } from '#lib/catalog/backup/copy-database'
import { noteHeld, releaseUnneeded } from '#lib/catalog/backup/held-states'
import { holdLibrary, type PlannedState } from '#lib/catalog/backup/hold-library'
import { addState, indexStates } from '#lib/catalog/backup/plan-states'
import { removeHalfStates, removeOldRuns } from '#lib/catalog/backup/tidy-target'
import { identifyLibrary, twinTools } from '#lib/catalog/backup/twin-tools'
import { withBackupLock } from '#lib/catalog/backup/with-backup-lock'
import type { KeepRules } from '#lib/catalog/snapshots/plan-pruning'
import { getConfig } from '#lib/config'
import { formatBytes } from '#lib/domain/format'
import { isPeekrError, PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { exists } from '#lib/storage/exists'
import { isOnBtrfs } from '#lib/storage/open-storage'
import {
  BACKUP_VERSION,
  buildRunName,
  formatRecord,
  RUNS_FOLDER,
  type RunRecord,
  type TargetKind,
} from '#lib/storage/twin/backup-format'
import { heldPath } from '#lib/storage/twin/hold-state'
import { openTargetToWrite, readRuns, readStates, type Target } from '#lib/storage/twin/open-target'
import { isSshAddress, parseSshAddress } from '#lib/storage/twin/ssh-address'
import { noFilesThroughSsh, storeState } from '#lib/storage/twin/store-state'

export interface BackUpOptions {
  where: string
  /** Plain files, even where snapshots could be sent. */
  plain: boolean
  /** Stream files, even where they could be received as subvolumes. */
  streams: boolean
  passphrase: string | null
  sshConfigPath: string | null
  rules: KeepRules
  say?: (line: string) => void
  onBytes?: (done: { sizeBytes: number; index: number; count: number }) => void
}

export interface BackUpResult {
  name: string
  where: string
  kind: TargetKind
  videoCount: number
  /** States that were stored anew; the others were there. */
  sentCount: number
  /** Of those, the ones that were sent as what changed since a state before. */
  incrementalCount: number
  sentBytes: number
  databaseBytes: number
  /** Older backups that the keep-rules let go. */
  removed: string[]
  tookMs: number
}

/**
 * Makes one more backup of the library, the database and the key of its manifests in a target. All videos are held as
 * they are within moments, then the database is copied, and only then are bytes moved, so a long backup is of one time.
 * What a backup that was cut off has stored whole is used; the rest of it is removed. Complete is what has a run record,
 * and that is written last.
 * @throws conflict, invalid_input, disk_full, storage_unavailable, database_away, forbidden
 */
export async function backUp(options: BackUpOptions): Promise<BackUpResult> {
  const { dataPath } = getConfig()
  return withBackupLock(dataPath, async () => {
    const startedAt = new Date()
    const target = await openTargetFor(options)
    try {
      return await backUpTo(target, options, startedAt)
    } catch (error) {
      throw isPeekrError(error) && error.code === 'disk_full' ? describeFull(target, error) : error
    } finally {
      await target.files.close()
    }
  })
}

async function backUpTo(target: Target, options: BackUpOptions, startedAt: Date): Promise<BackUpResult> {
  const { dataPath } = getConfig()
  const { say = () => undefined, onBytes } = options
  const states = indexStates(await readStates(target))
  await removeHalfStates(target, states)
  const name = buildRunName(startedAt)
  const planned = await holdLibrary({ target, states, at: startedAt })
  const database = await copyDatabase(target, name)
  const fresh = planned.filter(({ isStored }) => !isStored)
  say(
    `${planned.length - fresh.length} of ${planned.length} states are there already; the database is copied.`,
  )
  let sentBytes = 0
  for (const [at, { state }] of fresh.entries()) {
    const before = sentBytes
    const stored = await storeState({
      dataPath,
      target,
      state,
      tools: twinTools,
      onBytes: (sizeBytes) =>
        onBytes?.({ sizeBytes: before + sizeBytes, index: at + 1, count: fresh.length }),
    }).catch(async (error) => {
      // Erased meanwhile, with what was held of it: then it is not part of this backup.
      if (await exists(heldPath(dataPath, state.videoId, state.name))) throw error
      return null
    })
    if (stored === null) {
      planned.splice(
        planned.findIndex((one) => one.state === state),
        1,
      )
      continue
    }
    addState(states, stored)
    sentBytes += stored.sizeBytes
    say(
      `[${at + 1}/${fresh.length}] ${state.videoId} ${describeState(state)}: ${formatBytes(stored.sizeBytes)}`,
    )
  }
  const key = await storeKey(target, getSecret('manifest'), options.passphrase)
  const run: RunRecord = {
    version: BACKUP_VERSION,
    name,
    states: planned.map(({ state }) => state),
    database,
    key,
  }
  await target.files.writeText(`${RUNS_FOLDER}/${name}.json`, formatRecord(slim(run)))
  const removed = await removeOldRuns({
    target,
    runs: await readRuns(target),
    states,
    rules: options.rules,
    now: startedAt,
  })
  await noteHeld(
    dataPath,
    target,
    planned.map(({ state }) => state),
  )
  await releaseUnneeded(dataPath)
  return {
    name,
    where: target.files.where,
    kind: target.kind,
    videoCount: new Set(planned.map(({ state }) => state.videoId)).size,
    sentCount: fresh.length,
    incrementalCount: fresh.filter(({ state }) => state.parent !== null).length,
    sentBytes,
    databaseBytes: database.sizeBytes,
    removed,
    tookMs: Date.now() - startedAt.getTime(),
  }
}

/** Streams or subvolumes where snapshots can be sent, which only root may; plain files elsewhere. */
async function openTargetFor(options: BackUpOptions): Promise<Target> {
  const { where, plain, streams, sshConfigPath, say = () => undefined } = options
  const library = identifyLibrary()
  const { driver } = await (await getLibrary()).describe()
  const canSend = driver === 'btrfs' && process.geteuid?.() === 0
  if (driver === 'btrfs' && !canSend && !plain) {
    say('Only root can send snapshots, so plain files are kept. Run it with sudo for less space and time.')
  }
  if (streams && !canSend) {
    throw new PeekrError('invalid_input', {
      message:
        'Only root can send snapshots, and only from a data folder on Btrfs. Run it with sudo, or leave --streams out.',
    })
  }
  const isRemote = isSshAddress(where)
  if (isRemote) parseSshAddress(where)
  const kind: TargetKind =
    plain || !canSend ? 'files' : isRemote || streams || !(await isOnBtrfs(where)) ? 'streams' : 'btrfs'
  const access = { where, sshConfigPath, runPipe: twinTools.runPipe }
  if (kind === 'files' && isRemote) throw noFilesThroughSsh()
  return openTargetToWrite({ ...access, kind, library })
}

/** Only what a run record has of a state; the rest is in the state's own mark. */
function slim(run: RunRecord): RunRecord {
  return { ...run, states: run.states.map(({ videoId, name }) => ({ videoId, name })) }
}

function describeState({ part, parent }: PlannedState['state']): string {
  return `${part === 'source' ? 'source' : 'video'}, ${parent === null ? 'all of it' : 'what changed'}`
}

function describeFull(target: Target, cause: PeekrError): PeekrError {
  return new PeekrError('disk_full', {
    message: `There is no space left in ${target.files.where}, or on the library’s own disk. Free some, or keep fewer backups, and run the same command again: it goes on where it was.`,
    cause,
    details: cause.details,
  })
}
