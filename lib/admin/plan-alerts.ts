import { formatBytes, plural } from '#lib/domain/format'
import { type StorageAlert, type StorageHealth, sumErrors } from '#lib/domain/storage-health'

/** What somebody has to see to, the worst first. Pure. */
export function planAlerts(
  health: StorageHealth,
  known: { quarantinedCount: number; isLow: boolean; freeBytes: number; markBytes: number },
): StorageAlert[] {
  const alerts: StorageAlert[] = []
  const add = (kind: StorageAlert['kind'], sentence: string) => alerts.push({ kind, sentence })
  if (health.isReadOnly) {
    add(
      'read-only',
      'The library can only be read: its filesystem was mounted or turned read-only, as Btrfs does when it can no longer write safely. Watching goes on. Look at `dmesg`, then follow docs/runbook.md.',
    )
  }
  const missing = health.devices.filter(({ path }) => path === null).length
  if (missing > 0 || (health.space?.missingBytes ?? 0) > 0) {
    add(
      'device-missing',
      `${plural(Math.max(1, missing), 'disk')} of the library missing: everything plays, but there is no second copy. Put the disk back, or replace it after docs/runbook.md.`,
    )
  }
  for (const device of health.devices) {
    const count = sumErrors(device)
    if (count === 0) continue
    const { write, read, flush, corruption, generation } = device.errors
    const parts = [
      [write + flush, 'failed to be written'],
      [read, 'failed to be read'],
      [corruption + generation, 'had wrong bytes'],
    ] as const
    const said = parts
      .filter(([amount]) => amount > 0)
      .map(([amount, what]) => `${plural(amount, 'block')} ${what}`)
    const next = describeOtherCopy(health, known.quarantinedCount)
    add(
      'device-errors',
      `On ${device.path ?? `the missing disk ${device.id}`} ${said.join(', ')}. ${next}; replace the disk if this goes on, and then set the counters back.`,
    )
  }
  const { scrub } = health
  if (scrub !== null && scrub.uncorrectableCount > 0) {
    add(
      'scrub-uncorrectable',
      `The last scrub found ${plural(scrub.uncorrectableCount, 'block')} that it could not repair, some of which may hold nothing. Have all videos verified: those that are damaged are named and, where possible, repaired.`,
    )
  }
  if (known.quarantinedCount > 0) {
    add(
      'quarantined',
      `${plural(known.quarantinedCount, 'video')} out of play, because files are damaged that nothing repaired: see Verified videos on the Storage page. Restore an earlier version from the video’s history, or upload it again.`,
    )
  }
  if (known.isLow) {
    add(
      'space-low',
      `Only ${formatBytes(known.freeBytes)} are free. Encodes wait and uploads are refused until there are ${formatBytes(known.markBytes * 1.25)}; empty the bin or add a disk. Watching and deleting go on.`,
    )
  }
  return alerts
}

/** Errors on one disk alone had a good copy on the other, as long as nothing was found that has none. */
function describeOtherCopy({ isMirrored, devices, scrub }: StorageHealth, quarantinedCount: number): string {
  if (!isMirrored) return 'There is no other copy. Look at the disk and have all videos verified'
  const failingCount = devices.filter((device) => sumErrors(device) > 0).length
  const isDoubtful = failingCount > 1 || (scrub?.uncorrectableCount ?? 0) > 0 || quarantinedCount > 0
  return isDoubtful
    ? 'The other copy was used where it was good. Start a scrub, and have all videos verified, which names those of which both copies are bad'
    : 'The other copy was used. Start a scrub to repair all of it'
}
