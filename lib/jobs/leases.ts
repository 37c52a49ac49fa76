import { isDuplicate } from '#lib/db/is-duplicate'
import { type JobKind, JobModel, type JobRecord, type JobState } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { createId } from '#lib/domain/id'
import { type ErrorData, errorMessage, isRetryable } from '#lib/errors'
import { buildAttempt, keepAttempt } from '#lib/jobs/job-attempt'
import { wakeJobs } from '#lib/jobs/wake'

/** A holder that has not been heard of for this long has lost its job. */
export const LEASE_MS = 20_000
export const ATTEMPTS_MAX = 3
export const LOG_LINES_MAX = 200
const BACKOFF_MS = 2_000
const CANCELLED = { code: 'cancelled', message: errorMessage('cancelled') } as const

const ENDED: JobState[] = ['done', 'failed', 'cancelled']

/** Filters here are built from our own values; the global sanitizer is for those that come from outside. */
const TRUSTED = { sanitizeFilter: false } as const

export interface EnqueueOptions {
  /** Starts one anew that has ended. */
  fresh?: boolean
  /** Which unit of the video. */
  unit?: string
  /** Lower is sooner. */
  priority?: number
  /** Its place among jobs of the same priority; now, by default. */
  createdAt?: Date
}

/** Puts a job into the queue. A video has one job of each kind and unit, so doing it twice is safe. */
export async function enqueueJob(
  kind: JobKind,
  videoId: string,
  { fresh = false, unit = '', priority = 0, createdAt }: EnqueueOptions = {},
): Promise<void> {
  const now = await getServerTime()
  const empty = {
    state: 'queued' as const,
    attempts: 0,
    progress: 0,
    runAfter: now,
    lease: null,
    cancelRequested: false,
    failure: null,
    encoder: null,
    result: null,
    startedAt: null,
    finishedAt: null,
  }
  try {
    await JobModel.updateOne(
      { videoId, kind, unit },
      {
        $setOnInsert: { _id: createId(), priority, fence: 0, log: [], createdAt: createdAt ?? now, ...empty },
      },
      { upsert: true },
    )
  } catch (error) {
    if (!isDuplicate(error)) throw error // two callers at once: the other one's insert is as good
  }
  if (fresh) {
    const ended = { videoId, kind, unit, state: { $in: ENDED } }
    await JobModel.updateOne(ended, { $set: empty, $inc: { fence: 1 } }, TRUSTED)
  }
  wakeJobs()
}

/**
 * Takes the most urgent job that is due, or one whose holder fell silent; null when there is none.
 * The returned `fence` is what every later write of this holder must carry.
 * @param except jobs the holder is still working on: while the database was away their leases may have lapsed.
 */
export async function claimJob(
  holder: string,
  kinds: readonly JobKind[],
  except: readonly string[] = [],
  pausedVideoIds: readonly string[] = [],
): Promise<JobRecord | null> {
  const now = await getServerTime()
  return JobModel.findOneAndUpdate(
    {
      _id: { $nin: except },
      kind: { $in: kinds },
      ...(pausedVideoIds.length > 0 && { videoId: { $nin: pausedVideoIds } }),
      ...dueAt(now),
    },
    {
      $set: {
        state: 'running',
        startedAt: now,
        lease: { holder, expiresAt: new Date(now.getTime() + LEASE_MS) },
      },
      $inc: { attempts: 1, fence: 1 },
    },
    { ...TRUSTED, sort: { priority: 1, createdAt: 1 }, returnDocument: 'after' },
  ).lean()
}

/** The kinds of which there may be a job to take up: one look at the queue instead of one a kind. */
export async function findDueKinds(): Promise<JobKind[]> {
  return JobModel.distinct('kind', dueAt(await getServerTime())).setOptions(TRUSTED)
}

/** The filter of what may be taken up. Pure. */
export function dueAt(now: Date) {
  return {
    attempts: { $lt: ATTEMPTS_MAX },
    // Said twice for the index: most of what there is has ended.
    state: { $in: ['queued', 'running'] as JobState[] },
    $or: [
      { state: 'queued' as const, runAfter: { $lte: now } },
      { state: 'running' as const, 'lease.expiresAt': { $lt: now } },
    ],
  }
}

/** Keeps a lease alive. `lost` when somebody else has the job by now; `cancelled` when an admin wants it stopped. */
export async function renewLease(
  job: JobRecord,
  facts: { progress: number; log: string[] },
): Promise<'held' | 'lost' | 'cancelled'> {
  const now = await getServerTime()
  const renewed = await JobModel.findOneAndUpdate(
    heldBy(job),
    {
      $set: {
        'lease.expiresAt': new Date(now.getTime() + LEASE_MS),
        progress: facts.progress,
        log: facts.log.slice(-LOG_LINES_MAX),
      },
    },
    { ...TRUSTED, projection: { cancelRequested: 1 } },
  ).lean()
  if (renewed === null) return 'lost'
  return renewed.cancelRequested ? 'cancelled' : 'held'
}

/**
 * Ends a job well. `cancelled` when somebody asked for that before it was written, so that what comes next is not
 * begun; but a publish that went through is there for all to see. `lost`: nothing was written.
 */
export async function completeJob(
  job: JobRecord,
  facts: { result: unknown; log: string[]; encoder: string | null },
): Promise<'done' | 'cancelled' | 'lost'> {
  const done = { ...facts, progress: 1, failure: null }
  const condition = job.kind === 'publish' ? {} : { cancelRequested: false }
  if (await endJob(job, { state: 'done', facts: done, log: facts.log, condition })) return 'done'
  if (job.kind === 'publish') return 'lost'
  const cancelled = { failure: CANCELLED, log: facts.log }
  return (await endJob(job, { state: 'cancelled', facts: cancelled, log: facts.log })) ? 'cancelled' : 'lost'
}

/**
 * Ends an attempt badly: back into the queue with a growing pause while the error may pass and attempts are left,
 * otherwise failed, or cancelled. Returns which; `lost` when somebody else has the job by now.
 */
export async function failJob(
  job: JobRecord,
  error: ErrorData,
  log: string[],
): Promise<'retried' | 'failed' | 'cancelled' | 'lost'> {
  const failure = { code: error.code, message: error.message }
  if (error.code !== 'cancelled') {
    if (!isRetryable(error.code) || job.attempts >= ATTEMPTS_MAX) {
      return (await endJob(job, { state: 'failed', facts: { failure, log }, error, log })) ? 'failed' : 'lost'
    }
    const now = await getServerTime()
    const runAfter = new Date(now.getTime() + BACKOFF_MS * 2 ** (job.attempts - 1))
    const update = { state: 'queued', runAfter, lease: null, failure, log: log.slice(-LOG_LINES_MAX) }
    const wanted = { ...heldBy(job), cancelRequested: false }
    const entry = buildAttempt(job, { outcome: 'retried', endedAt: now, error, log })
    const retried = await JobModel.updateOne(wanted, { $set: update, $push: keepAttempt(entry) }, TRUSTED)
    if (retried.modifiedCount === 1) return 'retried'
  }
  const cancelled = { failure: CANCELLED, log }
  return (await endJob(job, { state: 'cancelled', facts: cancelled, error, log })) ? 'cancelled' : 'lost'
}

/** Gives a job back unharmed, as at shutdown: the attempt does not count. */
export async function handBackJob(job: JobRecord): Promise<void> {
  await JobModel.updateOne(
    heldBy(job),
    { $set: { state: 'queued', lease: null }, $inc: { attempts: -1, fence: 1 } },
    TRUSTED,
  )
}

/** Jobs whose holder died on the last attempt: they fail as `worker_lost`. Returns them. */
export async function failLostJobs(): Promise<JobRecord[]> {
  const now = await getServerTime()
  const lost = {
    state: 'running' as const,
    attempts: { $gte: ATTEMPTS_MAX },
    'lease.expiresAt': { $lt: now },
  }
  const failure = { code: 'worker_lost' as const, message: errorMessage('worker_lost') }
  const failed: JobRecord[] = []
  for (const job of await JobModel.find(lost).setOptions(TRUSTED).lean()) {
    if (
      await endJob(job, { state: 'failed', facts: { failure }, error: { ...failure, details: {} }, log: [] })
    )
      failed.push(job)
  }
  return failed
}

async function endJob(
  job: JobRecord,
  ending: {
    state: 'done' | 'failed' | 'cancelled'
    facts: object
    error?: ErrorData
    log: string[]
    condition?: { cancelRequested?: boolean }
  },
): Promise<boolean> {
  const { state, facts, error, log, condition = {} } = ending
  const finishedAt = await getServerTime()
  const entry = buildAttempt(job, { outcome: state, endedAt: finishedAt, error, log })
  const ended = await JobModel.updateOne(
    { ...heldBy(job), ...condition },
    { $set: { ...facts, state, finishedAt, lease: null }, $push: keepAttempt(entry) },
    TRUSTED,
  )
  return ended.modifiedCount === 1
}

function heldBy(job: JobRecord) {
  return { _id: job._id, fence: job.fence, state: 'running' as const }
}
