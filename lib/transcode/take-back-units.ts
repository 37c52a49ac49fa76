import type { BuildRecord } from '#lib/db/models/build'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { parseUnitKey, unitKey } from '#lib/domain/encode-plan'
import { tellHolders } from '#lib/jobs/wake'
import { canStart } from '#lib/transcode/can-start'

export type KnownJob = Pick<JobRecord, '_id' | 'kind' | 'unit' | 'state' | 'progress' | 'startedAt'>

/**
 * Stops what is made of the upper rungs while the low ones, which a viewer is about to need, wait behind it: on a slow
 * machine one unit of them takes longer than a viewer has left. A holder whose job is gone stops within a heartbeat; what
 * it adopts before that is used all the same. What ends within a second is let finish. Returns the units.
 */
export async function takeBackUnits({ plan }: BuildRecord, jobs: readonly KnownJob[]): Promise<string[]> {
  const isLow = ({ unit }: KnownJob) => parseUnitKey(unit)?.group === 'low'
  const units = jobs.filter(({ kind }) => kind === 'transcode')
  const running = units.filter(({ state }) => state === 'running')
  const begun = [...units.filter(({ state }) => state === 'done'), ...running.filter(isLow)]
  // With all of the low ones under way, another worker may as well go on with the others.
  const isWaiting = countLow(plan, begun) < plan.units.length
  if (!isWaiting || plan.copied !== null || running.every(isLow)) return []
  const nowMs = (await getServerTime()).getTime()
  const others = running.filter((job) => !isLow(job) && findLeftMs(job, nowMs) > 1_000)
  await JobModel.deleteMany({ _id: { $in: others.map(({ _id }) => _id) }, state: 'running' }).setOptions({
    sanitizeFilter: false,
  })
  tellHolders()
  return others.map(({ unit }) => unit)
}

/** How long a running job is likely to take from now on, by what it has done so far. */
function findLeftMs({ progress, startedAt }: KnownJob, nowMs: number): number {
  if (startedAt === null || progress <= 0) return Number.POSITIVE_INFINITY
  return ((nowMs - startedAt.getTime()) * (1 - progress)) / progress
}

/** Whether a viewer may begin, by the low rungs that are made, assembled or not. */
export function mayStart({ plan, speeds, probe }: BuildRecord, jobs: readonly KnownJob[]): boolean | null {
  if (plan.copied !== null) return true
  const made = jobs.filter(({ state }) => state === 'done')
  return canStart({ plan, lowUnits: countLow(plan, made), speeds, durationSeconds: probe.durationSeconds })
}

/** How many units, counted from the first, have their low rungs by these jobs. */
function countLow(plan: BuildRecord['plan'], jobs: readonly KnownJob[]): number {
  const keys = new Set(jobs.map(({ unit }) => unit))
  const isMade = (index: number) => keys.has(unitKey(index, 'low')) || keys.has(unitKey(index, 'all'))
  const missing = plan.units.findIndex(({ index }) => !isMade(index))
  return missing === -1 ? plan.units.length : missing
}
