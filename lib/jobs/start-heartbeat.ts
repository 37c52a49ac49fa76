import type { JobRecord } from '#lib/db/models/job'
import { renewLease } from '#lib/jobs/leases'
import { onTold } from '#lib/jobs/wake'
import { getLog } from '#lib/log'

const HEARTBEAT_MS = 1_000

export interface Heartbeat {
  /** Why the work was told to stop, or null while the lease is held. */
  verdict(): 'lost' | 'cancelled' | null
  stop(): void
}

/**
 * Renews a job's lease every second, and at once when told, with what `facts` says of it then. Aborts `controller`, once, when the lease is
 * lost or the job is to be cancelled. A database that is away is waited for: without it nobody else can take the job.
 */
export function startHeartbeat(
  job: JobRecord,
  controller: AbortController,
  facts: () => { progress: number; log: string[] },
): Heartbeat {
  let verdict: 'lost' | 'cancelled' | null = null
  let beating = false
  const beat = async () => {
    if (beating || verdict !== null) return
    beating = true
    try {
      const lease = await renewLease(job, facts())
      if (lease === 'held') return
      verdict = lease
      controller.abort()
    } catch (error) {
      getLog('jobs').warn({ err: error, jobId: job._id }, 'the lease could not be renewed; trying again')
    } finally {
      beating = false
    }
  }
  const timer = setInterval(beat, HEARTBEAT_MS)
  // What this process stops itself need not wait for the next beat.
  const unsubscribe = onTold(beat)
  const stop = () => {
    clearInterval(timer)
    unsubscribe()
  }
  return { verdict: () => verdict, stop }
}
