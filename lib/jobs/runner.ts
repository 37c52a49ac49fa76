import { hostname } from 'node:os'
import type { JobKind, JobRecord } from '#lib/db/models/job'
import { errorMessage } from '#lib/errors'
import { claimJob, failLostJobs } from '#lib/jobs/leases'
import { type RunnerOptions, runJob } from '#lib/jobs/run-job'
import { onWake } from '#lib/jobs/wake'
import { getLog } from '#lib/log'

const POLL_MS = 2_000

/**
 * Takes up due jobs until stopped, `jobsMax` at a time for the heavy kind and the light kinds beside them, so that
 * a long encode never holds up the ingest of another video.
 */
export function startRunner(options: RunnerOptions): { stop(): Promise<void> } {
  const log = getLog('jobs')
  const holder = `${hostname()}:${process.pid}`
  const lanes: { kinds: JobKind[]; slots: number }[] = [
    { kinds: ['transcode'], slots: options.jobsMax },
    { kinds: ['ingest', 'publish', 'delete', 'hash'], slots: 2 },
  ]
  const running = new Map<Promise<void>, AbortController>()
  const busy = new Map(lanes.map((lane) => [lane, 0]))
  let stopped = false
  let looking: Promise<void> | null = null
  let lookAgain = false

  const look = () => {
    if (stopped) return
    if (looking !== null) {
      lookAgain = true
      return
    }
    looking = lookOnce()
      .catch((error) => log.warn({ err: error }, 'looking for jobs failed; trying again'))
      .finally(() => {
        looking = null
        if (lookAgain) {
          lookAgain = false
          look()
        }
      })
  }

  const lookOnce = async () => {
    for (const job of await failLostJobs()) {
      await options.onFailed(job, { code: 'worker_lost', message: errorMessage('worker_lost') })
    }
    for (const lane of lanes) {
      while (!stopped && (busy.get(lane) ?? 0) < lane.slots) {
        const job = await claimJob(holder, lane.kinds)
        if (job === null) break
        start(lane, job)
      }
    }
  }

  const start = (lane: (typeof lanes)[number], job: JobRecord) => {
    const controller = new AbortController()
    busy.set(lane, (busy.get(lane) ?? 0) + 1)
    const run = runJob(job, controller, options, () => stopped)
      .catch((error) =>
        log.error({ err: error, jobId: job._id }, 'a job could not be ended; its lease will lapse'),
      )
      .finally(() => {
        running.delete(run)
        busy.set(lane, (busy.get(lane) ?? 1) - 1)
        look()
      })
    running.set(run, controller)
  }

  const timer = setInterval(look, POLL_MS)
  const unsubscribe = onWake(look)
  look()

  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      unsubscribe()
      await looking
      for (const controller of running.values()) controller.abort()
      await Promise.allSettled(running.keys())
    },
  }
}
