import type { JobAttempt, JobRecord } from '#lib/db/models/job'
import type { ErrorData } from '#lib/errors'

const LOG_LINES_MAX = 15
const ATTEMPTS_KEPT_MAX = 20

/** What is kept of an attempt that ended. Pure. */
export function buildAttempt(
  { attempts, lease, startedAt }: JobRecord,
  ending: { outcome: JobAttempt['outcome']; endedAt: Date; error?: ErrorData; log: readonly string[] },
): JobAttempt {
  const { outcome, endedAt, error, log } = ending
  const reason = error?.details.reason
  return {
    attempt: attempts,
    holder: lease?.holder ?? null,
    startedAt,
    endedAt,
    outcome,
    failure: error ? { code: error.code, message: error.message } : null,
    reason: typeof reason === 'string' ? reason : null,
    log: log.slice(-LOG_LINES_MAX),
  }
}

/** The update that adds an attempt to a job's history, which stays bounded however often it is retried. Pure. */
export function keepAttempt(attempt: JobAttempt) {
  return { history: { $each: [attempt], $slice: -ATTEMPTS_KEPT_MAX } }
}
