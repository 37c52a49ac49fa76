'use client'

import Link from 'next/link'
import { formatAge, plural } from '#lib/domain/format'
import type { JobView } from '#lib/domain/job-view'
import { ProgressBar } from '../controls/progress-bar'
import { JobActions } from './job-actions'
import { JobHistory } from './job-history'
import styles from './job-list.module.css'

const KINDS: Record<JobView['kind'], string> = {
  ingest: 'Check the file',
  plan: 'Plan the encode',
  replace: 'Take a new file',
  transcode: 'Make it playable',
  sound: 'Encode the sound',
  copy: 'Copy the original',
  tracks: 'Keep languages and subtitles',
  assemble: 'Put it together',
  pictures: 'Choose pictures',
  publish: 'Publish',
  hash: 'Compute the checksum',
  delete: 'Delete',
}
const STATES: Record<JobView['state'], string> = {
  queued: 'Waiting',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** Jobs with their progress, reason and log, and, for an administrator (`onChange`), what can be done about each. */
export function JobList({
  jobs,
  onChange,
  ofOneVideo = false,
}: {
  jobs: JobView[]
  onChange?: () => void
  /** On a page about their video, which need not be named again. */
  ofOneVideo?: boolean
}) {
  return (
    <ul className={styles.jobs}>
      {jobs.map((job) => (
        <JobRow key={job.id} job={job} onChange={onChange} named={!ofOneVideo} />
      ))}
    </ul>
  )
}

function JobRow({ job, onChange, named }: { job: JobView; onChange?: () => void; named: boolean }) {
  const running = job.state === 'running'
  return (
    <li className={styles.job} aria-label={`${KINDS[job.kind]}${describeUnit(job.unit)}: ${job.video.title}`}>
      <div className={styles.head}>
        <div className={styles.text}>
          <p className={styles.title}>
            {KINDS[job.kind]}
            {describeUnit(job.unit)}
            {named && (
              <>
                : <Link href={`/watch/${job.video.id}`}>{job.video.title}</Link>
              </>
            )}
          </p>
          <p className={styles.facts}>
            <span className={`${styles.state} ${styles[job.state]}`}>{STATES[job.state]}</span>
            <span>{describeTime(job)}</span>
            {job.attempts > 1 && <span>{plural(job.attempts, 'attempt')}</span>}
            {job.encoder && <span>{job.encoder}</span>}
          </p>
        </div>
        {onChange && <JobActions job={job} onChange={onChange} />}
      </div>
      {running && (
        <ProgressBar
          value={job.progress > 0 ? job.progress : null}
          label={`Progress of ${job.video.title}`}
        />
      )}
      {job.reason && <p className={styles.reason}>{job.reason.message}</p>}
      {job.history.some(({ outcome }) => outcome !== 'done') && <JobHistory history={job.history} />}
      {job.log.length > 0 && (
        <details className={styles.log}>
          <summary>Log</summary>
          <pre>{job.log.join('\n')}</pre>
        </details>
      )}
    </li>
  )
}

/** `3-low` as `, part 4, small sizes`. */
function describeUnit(unit: string): string {
  const [index, group] = unit.split('-')
  if (!index || !group) return ''
  const sizes = { low: ', small sizes', high: ', large sizes' }[group] ?? ''
  return `, part ${Number(index) + 1}${sizes}`
}

function describeTime(job: JobView): string {
  if (job.startedAt && job.finishedAt) {
    const seconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000
    return `${formatAge(job.finishedAt, Date.now())}, took ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  }
  return job.startedAt && job.state === 'running'
    ? `started ${formatAge(job.startedAt, Date.now())}`
    : `asked for ${formatAge(job.createdAt, Date.now())}`
}
