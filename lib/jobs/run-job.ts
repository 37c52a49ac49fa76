import { isDatabaseAway } from '#lib/db/is-database-away'
import type { JobKind, JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { type ErrorData, PeekrError, toErrorData } from '#lib/errors'
import { completeJob, failJob, handBackJob, LOG_LINES_MAX } from '#lib/jobs/leases'
import { persist } from '#lib/jobs/persist'
import { startHeartbeat } from '#lib/jobs/start-heartbeat'
import { getLog } from '#lib/log'

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
  /** After a job ended for good, well or badly. Throwing is logged; the sweep must be able to make up for it. */
  onEnded(job: JobRecord): Promise<void>
}

type Ending = 'done' | 'retried' | 'failed' | 'cancelled' | 'lost' | 'handed back'

/**
 * One attempt at one job, from its first heartbeat to the write that ends it. Never throws for what the handler threw;
 * throws when the ending could not be written, and the lease then lapses.
 */
export async function runJob(
  job: JobRecord,
  controller: AbortController,
  options: RunnerOptions,
  isStopping: () => boolean,
): Promise<void> {
  const log = getLog('jobs').child({ jobId: job._id, kind: job.kind, videoId: job.videoId })
  const lines: string[] = []
  let progress = 0
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
  const heartbeat = startHeartbeat(job, controller, () => ({ progress, log: lines }))

  const endBadly = async (error: unknown): Promise<Ending> => {
    if (heartbeat.verdict() === 'lost') return 'lost'
    // A database that went away says nothing of the job: the attempt does not count.
    if (heartbeat.verdict() === null && (isStopping() || isDatabaseAway(error))) {
      await persist(() => handBackJob(job), isStopping)
      return 'handed back'
    }
    const data = toErrorData(heartbeat.verdict() === 'cancelled' ? new PeekrError('cancelled') : error)
    log.warn({ err: error, code: data.code, details: data.details }, 'job attempt failed')
    return persist(() => failJob(job, data, [...lines, ...findToolLines(data), data.message]), isStopping)
  }

  const attempt = async (): Promise<Ending> => {
    try {
      await requireVideo(job)
      const { result, encoder } = await options.handlers[job.kind](job, context)
      return await persist(() => completeJob(job, { result, log: lines, encoder }), isStopping)
    } catch (error) {
      return endBadly(error)
    }
  }

  log.info({ attempt: job.attempts }, 'job started')
  try {
    const ending = await attempt()
    log.info({ ending }, 'job attempt ended')
    if (ending === 'done' || ending === 'failed' || ending === 'cancelled') await options.onEnded(job)
  } finally {
    heartbeat.stop()
  }
}

/** What was at work when its video was taken away may have queued more of it afterwards. @throws cancelled */
async function requireVideo({ kind, videoId }: JobRecord): Promise<void> {
  if (kind === 'delete' || (await VideoModel.exists({ _id: videoId, deletedAt: null })) !== null) return
  throw new PeekrError('cancelled', { details: { videoId, missing: 'video' } })
}

/** What FFmpeg said last: the reason the sentence speaks of, for the administrator who reads the job's log. */
function findToolLines({ details }: ErrorData): string[] {
  const { log } = details
  return Array.isArray(log) ? log.map(String) : []
}
