import type { JobAttemptView } from '#lib/domain/job-view'
import styles from './job-list.module.css'

const OUTCOMES: Record<JobAttemptView['outcome'], string> = {
  done: 'went well',
  retried: 'failed and was tried again',
  failed: 'failed',
  cancelled: 'was cancelled',
  requeued: 'was put back into the queue by an administrator',
  lost: 'was lost: its worker ended without a word',
}

/** Every attempt at a job that has ended: what became of it, why, and what FFmpeg said last. */
export function JobHistory({ history }: { history: JobAttemptView[] }) {
  return (
    <details className={styles.log}>
      <summary>Attempts</summary>
      <ol>
        {history.map(({ attempt, outcome, holder, startedAt, endedAt, message, reason, log }) => (
          <li key={attempt}>
            <p>
              Attempt {attempt} {OUTCOMES[outcome]}
              {describeLength(startedAt, endedAt)}
              {holder && `, on ${holder}`}
              {reason && ` (${reason})`}.{message && ` ${message}`}
            </p>
            {log.length > 0 && <pre>{log.join('\n')}</pre>}
          </li>
        ))}
      </ol>
    </details>
  )
}

function describeLength(startedAt: string | null, endedAt: string | null): string {
  if (startedAt === null || endedAt === null) return ''
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
  return ` after ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}
