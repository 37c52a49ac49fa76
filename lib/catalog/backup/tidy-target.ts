import { findChain, getState, listStates, type States } from '#lib/catalog/backup/plan-states'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { type KeepRules, planPruning } from '#lib/catalog/snapshots/plan-pruning'
import {
  DATABASE_COPIES_FOLDER,
  parseRunTime,
  RUNS_FOLDER,
  type RunRecord,
  VIDEOS_FOLDER,
} from '#lib/storage/twin/backup-format'
import type { Target } from '#lib/storage/twin/open-target'
import { dropState } from '#lib/storage/twin/store-state'

/** Removes from a target what a backup that was cut off left without its mark. */
export async function removeHalfStates(target: Target, states: States): Promise<void> {
  const half = new Set<string>()
  for (const path of await target.files.listStateFiles()) {
    const [videoId = '', file = ''] = path.split('/')
    const name = file.replace(/(?:\.stream|\.json)?(?:\.partial)?$/, '')
    if (getState(states, { videoId, name }) === null || path.endsWith('.partial')) half.add(path)
  }
  for (const path of half) {
    const [videoId = '', name = ''] = path.split('/')
    if (target.kind === 'btrfs') await dropState(target, { videoId, name }, twinTools.runBtrfs)
    else await target.files.remove(`${VIDEOS_FOLDER}/${path}`)
  }
}

/**
 * Removes the backups that no rule keeps, never the newest; then the states and copies of the database that no backup
 * needs any more, also as the beginning of a newer one. Returns the names of those removed.
 */
export async function removeOldRuns(options: {
  target: Target
  runs: readonly RunRecord[]
  states: States
  rules: KeepRules
  now: Date
}): Promise<string[]> {
  const { target, runs, states, rules, now } = options
  const snapshots = runs.map(({ name }) => ({ name, reason: '', createdAt: parseRunTime(name), label: null }))
  const newest = runs
    .map(({ name }) => name)
    .sort()
    .at(-1)
  const old = new Set(
    planPruning({ snapshots, rules, now }).flatMap(({ name }) => (name === newest ? [] : [name])),
  )
  // The run first: what it names must be there for as long as it is.
  for (const name of old) await target.files.remove(`${RUNS_FOLDER}/${name}.json`)
  const kept = runs.filter(({ name }) => !old.has(name))
  const needed = new Set(
    kept
      .flatMap((run) => run.states.flatMap((state) => findNeeded(target, states, state)))
      .map(({ videoId, name }) => `${videoId}/${name}`),
  )
  for (const state of listStates(states)) {
    if (!needed.has(`${state.videoId}/${state.name}`)) await dropState(target, state, twinTools.runBtrfs)
  }
  const copies = new Set(kept.map(({ database }) => database.file))
  for (const name of await target.files.list(DATABASE_COPIES_FOLDER)) {
    const file = `${DATABASE_COPIES_FOLDER}/${name}`
    if (!copies.has(file)) await target.files.remove(file)
  }
  return [...old]
}

/** Subvolumes and folders stand alone; a stream needs those it began from. */
function findNeeded(
  target: Target,
  states: States,
  state: { videoId: string; name: string },
): { videoId: string; name: string }[] {
  return target.kind === 'streams' ? (findChain(states, state) ?? [state]) : [state]
}
