import { hostname } from 'node:os'
import type { JobKind, JobRecord } from '#lib/db/models/job'
import { claimJob, failLostJobs, findDueKinds } from '#lib/jobs/leases'
import { getLowWater } from '#lib/jobs/low-water'
import { getQueueState, type QueueState } from '#lib/jobs/queue-state'
import { type RunnerOptions, runJob } from '#lib/jobs/run-job'
import { onWake } from '#lib/jobs/wake'
import { getLog } from '#lib/log'

/** What another process queued is seen within this. */
const POLL_MS = 1_000
/** What takes much space: not taken up while little is left. What ends a video's making, or erases one, gives some back. */
const HEAVY: JobKind[] = ['transcode', 'sound', 'copy', 'tracks', 'pictures']
/** What goes on while the queue is paused: whoever pauses to free the machine wants the disk freed as well. */
const UNPAUSED: JobKind[] = ['delete']

interface Running {
  job: JobRecord
  run: Promise<void>
  controller: AbortController
  /** It was stopped so that it can be handed back. */
  paused: boolean
}

interface Lane {
  kinds: JobKind[]
  slots: number
  busy: number
}

/**
 * Takes up due jobs until stopped. Each kind has slots of its own, so that neither a long encode nor the hash of a
 * large file holds up the ingest or the deletion of another video.
 */
export function startRunner(options: RunnerOptions): { stop(): Promise<void> } {
  const log = getLog('jobs')
  const holder = `${hostname()}:${process.pid}`
  const lanes = buildLanes(options.jobsMax)
  const running = new Map<string, Running>()
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
    const [lost, queue, { isLow, isCritical }, dueKinds] = await Promise.all([
      failLostJobs(),
      getQueueState(),
      getLowWater(),
      findDueKinds(),
    ])
    for (const job of lost) await options.onEnded(job).catch((error) => logUnheard(job, error))
    handBackPaused(queue)
    for (const lane of lanes.filter(({ kinds }) => kinds.some((kind) => dueKinds.includes(kind)))) {
      if (isLow && lane.kinds.every((kind) => HEAVY.includes(kind))) continue
      if (isCritical && !lane.kinds.every((kind) => UNPAUSED.includes(kind))) continue
      if (queue.paused && !lane.kinds.every((kind) => UNPAUSED.includes(kind))) continue
      while (!stopped && lane.busy < lane.slots) {
        const job = await claimJob(holder, lane.kinds, [...running.keys()], queue.videoIds)
        if (job === null) break
        start(lane, job)
      }
    }
  }

  const start = (lane: Lane, job: JobRecord) => {
    const controller = new AbortController()
    lane.busy += 1
    const isStopping = () => stopped || running.get(job._id)?.paused === true
    const run = runJob(job, controller, options, isStopping)
      .catch((error) => logUnheard(job, error))
      .finally(() => {
        running.delete(job._id)
        lane.busy -= 1
        look()
      })
    running.set(job._id, { job, run, controller, paused: false })
  }

  /** Stops what is paused by now; the attempts do not count. */
  const handBackPaused = ({ paused, videoIds }: QueueState) => {
    for (const entry of running.values()) {
      const { kind, videoId } = entry.job
      if (UNPAUSED.includes(kind) || !(paused || videoIds.includes(videoId))) continue
      entry.paused = true
      entry.controller.abort()
    }
  }

  const logUnheard = ({ _id: jobId, kind, videoId }: JobRecord, error: unknown) =>
    log.error(
      { err: error, jobId, kind, videoId },
      'the end of a job went unheard; the sweep makes up for it',
    )

  const timer = setInterval(look, POLL_MS)
  const unsubscribe = onWake(look)
  look()

  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      unsubscribe()
      await looking
      for (const { controller } of running.values()) controller.abort()
      await Promise.allSettled([...running.values()].map(({ run }) => run))
    },
  }
}

function buildLanes(jobsMax: number): Lane[] {
  const slots: Record<JobKind, number> = {
    replace: 2,
    ingest: 2,
    plan: 2,
    transcode: jobsMax,
    sound: jobsMax,
    copy: 2,
    tracks: 1,
    assemble: 2,
    pictures: 1,
    publish: jobsMax,
    hash: 1,
    delete: 1,
  }
  return Object.entries(slots).map(([kind, count]) => ({ kinds: [kind as JobKind], slots: count, busy: 0 }))
}
