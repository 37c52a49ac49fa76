import type { JobAttempt, JobRecord } from '#lib/db/models/job'
import type { JobView } from '#lib/domain/job-view'

/** A job as the API shows it. Pure. */
export function presentJob(job: JobRecord, title: string): JobView {
  return {
    id: job._id,
    kind: job.kind,
    unit: job.unit ?? '',
    video: { id: job.videoId, title },
    state: job.state,
    attempts: job.attempts,
    progress: job.progress,
    reason: job.failure && { code: job.failure.code, message: job.failure.message },
    log: job.log,
    history: presentHistory(job),
    encoder: job.encoder,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
  }
}

/**
 * Every attempt that began, in order; one that left no word of its end was lost with its holder, if it is not the one that
 * runs. Attempts are counted anew after an administrator put the job back, and shown as one row.
 */
function presentHistory({ history = [], attempts, state }: JobRecord): JobView['history'] {
  const counted = history.slice(history.findLastIndex(({ outcome }) => outcome === 'requeued') + 1)
  const before = history.slice(0, history.length - counted.length)
  const ended = Math.min(state === 'running' ? attempts - 1 : attempts, SHOWN_MAX)
  const numbers = Array.from({ length: Math.max(0, ended) }, (_, at) => at + 1)
  const lost = numbers.filter((number) => !counted.some(({ attempt }) => attempt === number)).map(buildLost)
  const since = [...counted, ...lost].sort((left, right) => left.attempt - right.attempt)
  return [...before, ...since].map((entry, at) => ({
    attempt: at + 1,
    outcome: entry.outcome,
    holder: entry.holder,
    startedAt: entry.startedAt?.toISOString() ?? null,
    endedAt: entry.endedAt?.toISOString() ?? null,
    message: entry.failure?.message ?? null,
    reason: entry.reason,
    log: entry.log,
  }))
}

const SHOWN_MAX = 20

type ShownAttempt = Omit<JobAttempt, 'outcome' | 'endedAt'> & {
  outcome: JobAttempt['outcome'] | 'lost'
  endedAt: Date | null
}

function buildLost(attempt: number): ShownAttempt {
  return {
    ...{ attempt, outcome: 'lost', holder: null, startedAt: null, endedAt: null },
    ...{ failure: null, reason: null, log: [] },
  }
}
