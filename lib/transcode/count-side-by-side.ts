import type { JobRecord } from '#lib/db/models/job'

/**
 * How many units were at work at the same time, at most; 1 while there is nothing to tell by, and while one waits that was
 * begun before: it stays in one piece, with its history and what is left of its attempts. Pure.
 */
export function countSideBySide(
  jobs: readonly Pick<JobRecord, 'kind' | 'state' | 'fence' | 'startedAt' | 'finishedAt'>[],
): number {
  if (jobs.some(({ kind, state, fence }) => kind === 'transcode' && state === 'queued' && fence > 0)) return 1
  const spans = jobs.flatMap(({ kind, startedAt, finishedAt }) =>
    kind === 'transcode' && startedAt !== null
      ? [{ from: startedAt.getTime(), to: finishedAt?.getTime() ?? Number.POSITIVE_INFINITY }]
      : [],
  )
  const countAt = (ms: number) => spans.filter(({ from, to }) => from <= ms && ms < to).length
  return spans.reduce((most, { from }) => Math.max(most, countAt(from)), 1)
}
