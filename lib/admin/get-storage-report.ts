import { planAlerts } from '#lib/admin/plan-alerts'
import { VideoModel } from '#lib/db/models/video'
import type { StorageAlert, StorageHealth } from '#lib/domain/storage-health'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { getLowWater, type LowWater } from '#lib/jobs/low-water'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'

export interface StorageReport {
  /** Null when the storage does not answer. */
  health: StorageHealth | null
  lowWater: LowWater | null
  alerts: StorageAlert[]
}

const FRESH_MS = 10_000

interface Known {
  atMs: number
  report: Promise<StorageReport>
}

const holder = () =>
  singleton('admin.storage-report', () => ({
    known: null as Known | null,
    last: null as StorageReport | null,
  }))

/**
 * How the storage is, and what somebody has to see to. Asked of the disks at most every 10 s, however many ask.
 * @param options.fresh asks them now
 */
export function getStorageReport({ fresh = false }: { fresh?: boolean } = {}): Promise<StorageReport> {
  const { known } = holder()
  if (!fresh && known !== null && performance.now() - known.atMs < FRESH_MS) return known.report
  const next: Known = {
    atMs: performance.now(),
    report: makeReport().then((report) => {
      holder().last = report
      return report
    }),
  }
  next.report.catch(() => {
    if (holder().known === next) holder().known = null // who asked gets the error; the next look is a new one
  })
  holder().known = next
  return next.report
}

/** The alerts as they were last seen, at once: whoever asks whether Peekr is well must not wait for a slow disk. */
export function findKnownAlerts(): StorageAlert[] {
  getStorageReport().catch((error) => getLog('storage').warn({ err: error }, 'the disks could not be asked'))
  return holder().last?.alerts ?? []
}

/** Forgets the last report, after something was done about it. */
export function forgetStorageReport(): void {
  holder().known = null
}

async function makeReport(): Promise<StorageReport> {
  const quarantinedCount = await VideoModel.countDocuments({
    quarantine: { $ne: null },
    deletedAt: null,
  }).setOptions({ sanitizeFilter: false })
  try {
    const [health, lowWater] = await Promise.all([(await getLibrary()).health(), getLowWater()])
    return { health, lowWater, alerts: planAlerts(health, { quarantinedCount, ...lowWater }) }
  } catch (error) {
    if (!isPeekrError(error)) throw error
    return { health: null, lowWater: null, alerts: [{ kind: 'unreachable', sentence: error.message }] }
  }
}
