import type { Snapshot } from '#lib/storage/storage'

/** How many snapshots of a video are kept: of each of the last hours, days, weeks and months that have any, the newest. */
export interface KeepRules {
  hourly: number
  daily: number
  weekly: number
  monthly: number
}

/** All of this age or younger stay, so that what was just done can be undone step by step. */
const ALL_KEPT_MS = 3_600_000
/** Of those without a label; more would come only from a script, and each costs some kilobytes and time. */
const COUNT_MAX = 100

/** Names a span of time that a moment is in; in UTC, since machines in two places may prune the same library. */
const PERIODS: Record<keyof KeepRules, (at: Date) => string | number> = {
  hourly: (at) => at.toISOString().slice(0, 13),
  daily: (at) => at.toISOString().slice(0, 10),
  // Weeks begin on Monday; the first of January 1970 was a Thursday.
  weekly: (at) => Math.floor((at.getTime() / 86_400_000 + 3) / 7),
  monthly: (at) => at.toISOString().slice(0, 7),
}

/**
 * The snapshots of a video that no rule keeps. Pure. One with a label is never among them: somebody wants it.
 * @param options.snapshots in any order
 */
export function planPruning(options: {
  snapshots: readonly (Snapshot & { label: string | null })[]
  rules: KeepRules
  now: Date
}): Snapshot[] {
  const { snapshots, rules, now } = options
  const unlabelled = snapshots
    .filter(({ label }) => label === null)
    .toSorted((left, right) => right.createdAt.getTime() - left.createdAt.getTime())
  const young = unlabelled.filter(({ createdAt }) => now.getTime() - createdAt.getTime() <= ALL_KEPT_MS)
  const kept = new Set([...young, ...keepByRules(unlabelled, rules)].slice(0, COUNT_MAX))
  return unlabelled.filter((snapshot) => !kept.has(snapshot))
}

/** @param newestFirst so that the first of a period is its newest. */
function keepByRules(newestFirst: readonly Snapshot[], rules: KeepRules): Snapshot[] {
  return (Object.keys(PERIODS) as (keyof KeepRules)[]).flatMap((rule) => {
    const newest = new Map<string | number, Snapshot>()
    for (const snapshot of newestFirst) {
      const period = PERIODS[rule](snapshot.createdAt)
      if (!newest.has(period)) newest.set(period, snapshot)
    }
    return [...newest.values()].slice(0, rules[rule])
  })
}
