import type { JobKind, JobRecord } from '#lib/db/models/job'
import { PeekrError, toErrorData } from '#lib/errors'
import { completeJob, failJob, handBackJob, renewLease } from '#lib/jobs/leases'
import { getLog } from '#lib/log'

const HEARTBEAT_MS = 1_000
const LOG_LINES_MAX = 200

/** What a handler is given beside its job. */
export interface JobContext {
  /** Aborted when the job is cancelled, its lease is lost, or the process shuts down. */
  signal: AbortSignal
  /** 0 to 1. */
  report(progress: number): void
  log(line: string): void
}

export interface JobOutcome {
  result: unknown
  encoder: string | null
}

export type JobHandlers = Record<JobKind, (job: JobRecord, context: JobContext) => Promise<JobOutcome>>

export interface RunnerOptions {
  handlers: JobHandlers
  jobsMax: number
  /** After a job ended well. Throwing is logged; the sweep must be able to make up for it. */
  onDone(job: JobRecord): Promise<void>
  /** After a job failed for good. */
  onFailed(job: JobRecord, failure: { code: string; message: string }): Promise<void>
}

/** One attempt at one job, from its first heartbeat to the write that ends it. Never throws for what the handler threw. */
export async function runJob(
  job: JobRecord,
  controller: AbortController,
  options: RunnerOptions,
  isStopping: () => boolean,
): Promise<void> {
  const log = getLog('jobs').child({ jobId: job._id, kind: job.kind, videoId: job.videoId })
  const lines: string[] = []
  let progress = 0
  let ending: 'lost' | 'cancelled' | null = null
  const context: JobContext = {
    signal: controller.signal,
    report: (value) => {
      progress = Math.max(progress, Math.min(1, value))
    },
    log: (line) => {
      lines.push(line)
      if (lines.length > LOG_LINES_MAX) lines.shift()
    },
  }
  const heartbeat = setInterval(async () => {
    try {
      const lease = await renewLease(job, { progress, log: lines })
      if (lease === 'held' || ending !== null) return
      ending = lease
      controller.abort()
    } catch (error) {
      log.warn({ err: error }, 'the lease could not be renewed; trying again')
    }
  }, HEARTBEAT_MS)

  log.info({ attempt: job.attempts }, 'job started')
  try {
    const { result, encoder } = await options.handlers[job.kind](job, context)
    clearInterval(heartbeat)
    if (!(await completeJob(job, { result, log: lines, encoder })))
      return log.warn('finished after its lease was lost')
    log.info('job done')
    await options.onDone(job)
  } catch (error) {
    clearInterval(heartbeat)
    if (ending === 'lost') return log.warn('stopped: its lease was lost')
    if (isStopping() && ending === null) return handBackJob(job)
    const data = toErrorData(ending === 'cancelled' ? new PeekrError('cancelled') : error)
    log.warn({ err: error, code: data.code, details: data.details }, 'job attempt failed')
    const outcome = await failJob(job, data, [...lines, data.message])
    if (outcome === 'failed') await options.onFailed(job, { code: data.code, message: data.message })
  } finally {
    clearInterval(heartbeat)
  }
}
