import { mkdir } from 'node:fs/promises'
import { watchStorage } from '#lib/admin/watch-storage'
import { runProofs } from '#lib/catalog/proof/run-proofs'
import { removeOrphans } from '#lib/catalog/remove-orphans'
import { pruneSnapshots } from '#lib/catalog/snapshots/prune-snapshots'
import { settleRestores } from '#lib/catalog/snapshots/settle-restores'
import { getConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { isPeekrError } from '#lib/errors'
import { getEncoderReport } from '#lib/jobs/encoder-report'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { startRunner } from '#lib/jobs/runner'
import { wakeJobs } from '#lib/jobs/wake'
import { getLog } from '#lib/log'
import { onJobEnded, STAGES, sweepPipeline } from '#lib/pipeline'
import { holdDataFolder } from '#lib/storage/hold-data-folder'
import { mountImageIfNeeded } from '#lib/storage/mount-image'
import { startEarlyPlay, sweepEarlyPlay } from '#lib/transcode/early/play-early'
import { sweepImportFolder } from '#lib/upload/sweep-import-folder'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import { getUploadLeases } from '#lib/upload/upload-leases'

const SWEEP_MS = 20_000
/** Orphans count as such after an hour, so looking more often would find nothing more. */
const ORPHAN_SWEEP_MS = 3_600_000
const PRUNE_SWEEP_MS = 900_000
/** How long somebody who asked for a video to be verified may wait for it to begin. */
const PROOF_SWEEP_MS = 10_000
const WATCH_SWEEP_MS = 60_000

export interface Services {
  /** Hands jobs back, ends every child, and lets go of the database. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts everything behind the pages: the database, the library, and (unless the role is `web`) the work on videos.
 * @throws storage_unavailable, database_away, tool_missing with a sentence that says what to do.
 */
export async function startServices(): Promise<Services> {
  const { dataPath, role, jobsMax } = getConfig()
  await mountImageIfNeeded(dataPath)
  await mkdir(dataPath, { recursive: true, mode: 0o700 }) // private videos are not for this machine's other accounts
  const held = await openData(dataPath)
  const runner = role === 'web' ? null : startRunner({ handlers: STAGES, jobsMax, onEnded: onJobEnded })
  if (runner !== null) reportEncoders()
  const stopped = new AbortController()
  const sweeps = [
    startSweep(makeUp, SWEEP_MS),
    startSweep(() => removeOrphans(), ORPHAN_SWEEP_MS),
    startSweep(() => pruneSnapshots(), PRUNE_SWEEP_MS),
    startSweep(() => watchStorage(stopped.signal), WATCH_SWEEP_MS),
    // Encoding again is work on videos, which this role leaves to others.
    ...(role === 'web' ? [] : [startSweep(() => runProofs(stopped.signal), PROOF_SWEEP_MS)]),
  ]
  // Whoever receives uploads, whatever else it does.
  const earlyPlay = startEarlyPlay()
  let stopping: Promise<void> | null = null
  const stop = async () => {
    stopped.abort()
    await Promise.all(sweeps.map((sweep) => sweep.stop()))
    await earlyPlay.stop()
    await runner?.stop()
    await getUploadLeases().close()
    await closePool()
    await disconnectDatabase()
    await held.release()
  }
  return {
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

/** The database, then the library. What was begun is let go when one cannot be had, or the process would not end. */
async function openData(dataPath: string): Promise<{ release(): Promise<void> }> {
  try {
    await connectDatabase()
    await getLibrary()
    return await holdDataFolder(dataPath)
  } catch (error) {
    await closePool()
    await disconnectDatabase()
    throw error
  }
}

/** What a lost event or a crash left undone. */
async function makeUp(): Promise<void> {
  await settleRestores()
  await sweepEarlyPlay()
  await sweepUploads()
  await sweepImportFolder()
  await sweepPipeline()
  wakeJobs()
}

/** Sweeps at once and then at every interval, never twice at the same time. */
function startSweep(sweep: () => Promise<void>, intervalMs: number): { stop(): Promise<void> } {
  const log = getLog('sweep')
  let running: Promise<void> | null = null
  const tick = () => {
    running ??= sweep()
      .catch((error) => log.warn({ err: error }, 'a sweep failed; the next one tries again'))
      .finally(() => {
        running = null
      })
  }
  const timer = setInterval(tick, intervalMs)
  tick()
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}

/** The test encode takes a second or two, so it runs while the first pages are served. */
function reportEncoders(): void {
  const log = getLog('encoders')
  getEncoderReport().then(
    (report) => log.info({ report }, 'test encodes done'),
    (error) => {
      if (isPeekrError(error) && error.code === 'cancelled') return // stopped before it was done
      log.error({ err: error }, 'the test encode could not run; the first job tries again')
    },
  )
}
