import { forgetStorageReport, getStorageReport, type StorageReport } from '#lib/admin/get-storage-report'
import { getSettings } from '#lib/admin/settings'
import { StorageStateModel } from '#lib/db/models/storage-state'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { withStorageLease } from '#lib/db/with-storage-lease'
import { formatBytes, plural } from '#lib/domain/format'
import type { StorageEventKind } from '#lib/domain/storage-event'
import { type StorageHealth, sumErrors } from '#lib/domain/storage-health'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'

const DAY_MS = 86_400_000

/** What was seen last, so that only what is new is told. */
export interface Seen {
  /** By device id. */
  errors: Record<string, number>
  isMissing: boolean
  isReadOnly: boolean
  isLow: boolean
  scrub: { state: string; startedAt: string | null } | null
  /** When one was begun or came to its end, ISO 8601: what the schedule counts from. */
  scrubbedAt: string | null
}

const NOTHING: Seen = {
  errors: {},
  isMissing: false,
  isReadOnly: false,
  isLow: false,
  scrub: null,
  scrubbedAt: null,
}

/**
 * Looks at the disks: tells what became worse or better since the last look, and starts a scrub when it is due. One
 * process at a time.
 */
export async function watchStorage(signal: AbortSignal): Promise<void> {
  await withStorageLease('watch', signal, async () => {
    const report = await getStorageReport({ fresh: true })
    if (report.health === null) return
    const state = await StorageStateModel.findById('watch').lean()
    const before = { ...NOTHING, ...(state?.value as Partial<Seen> | null) }
    const now = describeSeen(report.health, report.lowWater?.isLow ?? false, before)
    for (const [kind, sentence] of compareSeen(before, now, report)) await recordStorageEvent(kind, sentence)
    if (await startDueScrub(report.health, now)) now.scrubbedAt = new Date().toISOString()
    await StorageStateModel.updateOne({ _id: 'watch' }, { $set: { value: now } })
  })
}

function describeSeen(health: StorageHealth, isLow: boolean, before: Seen): Seen {
  const { scrub } = health
  return {
    errors: Object.fromEntries(health.devices.map((device) => [String(device.id), sumErrors(device)])),
    isMissing: health.devices.some(({ path }) => path === null) || (health.space?.missingBytes ?? 0) > 0,
    isReadOnly: health.isReadOnly,
    isLow,
    scrub: scrub && { state: scrub.state, startedAt: scrub.startedAt },
    // A library that is seen for the first time has all its days before it.
    scrubbedAt: scrub?.startedAt ?? before.scrubbedAt ?? new Date().toISOString(),
  }
}

/** Pure: what is new, as events. */
export function compareSeen(
  before: Seen,
  now: Seen,
  { health, lowWater }: Pick<StorageReport, 'health' | 'lowWater'>,
): [StorageEventKind, string][] {
  const events: [StorageEventKind, string][] = []
  for (const device of health?.devices ?? []) {
    const more = sumErrors(device) - (before.errors[String(device.id)] ?? 0)
    if (more > 0)
      events.push([
        'device-errors',
        `${plural(more, 'new error')} on ${device.path ?? `the missing disk ${device.id}`}.`,
      ])
  }
  const turned = (
    name: 'isMissing' | 'isReadOnly' | 'isLow',
    bad: [StorageEventKind, string],
    good: [StorageEventKind, string],
  ) => {
    if (now[name] !== before[name]) events.push(now[name] ? bad : good)
  }
  turned(
    'isMissing',
    [
      'device-missing',
      'A disk of the library is missing; there is no second copy until it is back or replaced.',
    ],
    ['device-back', 'All disks of the library are there again.'],
  )
  turned(
    'isReadOnly',
    ['read-only', 'The library’s filesystem can only be read.'],
    ['writable-again', 'The library’s filesystem can be written again.'],
  )
  const free = formatBytes(lowWater?.freeBytes ?? 0)
  turned(
    'isLow',
    ['space-low', `Only ${free} are free: encodes wait, and uploads are refused.`],
    ['space-back', `${free} are free again: encodes and uploads go on.`],
  )
  const scrub = health?.scrub
  if (scrub?.state === 'finished' && before.scrub !== null && !isSameScrub(before, now)) {
    const found = scrub.errorCount + scrub.correctedCount + scrub.uncorrectableCount
    const result =
      found === 0
        ? 'no errors.'
        : `${plural(scrub.errorCount, 'error')}; ${scrub.correctedCount} repaired, ${scrub.uncorrectableCount} not.`
    events.push(['scrub-ended', `A scrub read ${formatBytes(scrub.readBytes)} and found ${result}`])
  }
  return events
}

function isSameScrub(before: Seen, now: Seen): boolean {
  return before.scrub?.startedAt === now.scrub?.startedAt && before.scrub?.state === now.scrub?.state
}

/** @returns whether one was tried: a failure is told once, and tried again when it is due again. */
async function startDueScrub(health: StorageHealth, now: Seen): Promise<boolean> {
  const { scrubDays } = await getSettings()
  const ageMs = Date.now() - Date.parse(now.scrubbedAt ?? '')
  if (health.scrub === null || health.scrub.state === 'running' || health.isReadOnly) return false
  if (scrubDays === 0 || !(ageMs > scrubDays * DAY_MS)) return false
  try {
    if (await (await getLibrary()).startScrub())
      await recordStorageEvent('scrub-started', 'A scrub was started, as the schedule says.')
  } catch (error) {
    if (!isPeekrError(error)) throw error
    await recordStorageEvent('scrub-failed', error.message)
  }
  forgetStorageReport()
  return true
}
