import { PeekrError } from '#lib/errors'
import type { Snapshot } from '#lib/storage/storage'

const REASON = /^[a-z0-9][a-z0-9-]{0,47}$/
const NAME = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2}\.\d{3})Z-([a-z0-9][a-z0-9-]{0,47})$/

/**
 * A snapshot's folder name, `2026-11-22T22-33-02.123Z-published`: sorts by time, has no colon (which some tools
 * take for a host name), and says when and why without a database.
 * @throws invalid_input for a reason with other signs than lower-case letters, digits and hyphens.
 */
export function buildSnapshot(reason: string, createdAt: Date): Snapshot {
  if (!REASON.test(reason)) {
    throw new PeekrError('invalid_input', {
      message: 'A snapshot’s reason is made of lower-case letters, digits and hyphens. Choose another one.',
      details: { reason },
    })
  }
  return { name: `${createdAt.toISOString().replaceAll(':', '-')}-${reason}`, reason, createdAt }
}

/** What a folder's name says about a snapshot, or null when it is not one (a half-made one, or a stranger). */
export function parseSnapshotName(name: string): Snapshot | null {
  const [, day, hours, minutes, seconds, reason] = NAME.exec(name) ?? []
  if (reason === undefined) return null
  const createdAt = new Date(`${day}T${hours}:${minutes}:${seconds}Z`)
  return Number.isNaN(createdAt.getTime()) ? null : { name, reason, createdAt }
}
