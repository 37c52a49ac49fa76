import { readKey } from '#lib/catalog/backup/backup-key'
import { findChain, indexStates, type States } from '#lib/catalog/backup/plan-states'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { PeekrError } from '#lib/errors'
import type { RunRecord, StateRecord } from '#lib/storage/twin/backup-format'
import { openTarget, readRuns, readStates, type Target } from '#lib/storage/twin/open-target'

export interface BackupAccess {
  where: string
  /** The name of one of its backups, or its beginning; null for the newest. */
  at: string | null
  passphrase: string | null
  sshConfigPath: string | null
}

export interface OpenBackup {
  target: Target
  run: RunRecord
  runs: RunRecord[]
  states: States
  /** What its manifests are signed with. */
  key: Buffer
}

/** Runs work on one complete backup. @throws as `openBackup`, and what `work` throws */
export async function withBackup<T>(
  access: BackupAccess,
  work: (backup: OpenBackup) => Promise<T>,
): Promise<T> {
  const target = await openTarget({ ...access, runPipe: twinTools.runPipe })
  try {
    return await work(await openBackup(target, access))
  } finally {
    await target.files.close()
  }
}

/**
 * Opens one complete backup to read it.
 * @throws not_found when there is none; wrong_credentials without the passphrase of a sealed key; output_invalid
 */
async function openBackup(target: Target, { where, at, passphrase }: BackupAccess): Promise<OpenBackup> {
  const runs = await readRuns(target)
  const run = runs.findLast(({ name }) => at === null || name.startsWith(at))
  if (run === undefined) {
    const names = runs.map(({ name }) => name).join(', ')
    throw new PeekrError('not_found', {
      message:
        at === null
          ? `There is no complete backup in ${where}. Run \`peekr backup\` to its end.`
          : `There is no backup ${at} in ${where}. There are: ${names || 'none'}.`,
    })
  }
  const key = await readKey(target, passphrase)
  return { target, run, runs, states: indexStates(await readStates(target)), key }
}

/** What one state of a backup is read back from. @throws output_invalid when a part of it is missing */
export function getChain(
  { target, states }: OpenBackup,
  state: { videoId: string; name: string },
): StateRecord[] {
  const chain = findChain(states, state)
  if (chain !== null) return chain
  throw new PeekrError('output_invalid', {
    message: `A part of video ${state.videoId} is missing from ${target.files.where}. Take another backup of it (--at).`,
  })
}

/** The states of a run by video. */
export function groupStates({ run, states }: OpenBackup): Map<string, StateRecord[]> {
  const found = run.states.map(
    ({ videoId, name }) => states.get(videoId)?.get(name) ?? missing(videoId, name),
  )
  return Map.groupBy(found, ({ videoId }) => videoId)
}

function missing(videoId: string, name: string): never {
  throw new PeekrError('output_invalid', {
    message: `The state ${name} of video ${videoId} is missing from this backup. Take another one (--at).`,
  })
}
