import { resolve } from 'node:path'
import { getConfig } from '#lib/config'
import { formatBytes } from '#lib/domain/format'
import type { StorageHealth } from '#lib/domain/storage-health'
import { PeekrError } from '#lib/errors'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { openStorage } from '#lib/storage/open-storage'

/** Lines for a terminal: disks, copies, errors, the last scrub, and what is lacking. */
export function describeHealth(health: StorageHealth): string[] {
  const { space, devices, profiles, scrub, hints, lacks } = health
  const lines: string[] = []
  if (health.isReadOnly) lines.push('Mode    can only be read')
  if (space !== null)
    lines.push(`Really  ${formatBytes(space.freeBytesMin)} to ${formatBytes(space.freeBytes)} can be written`)
  for (const { kind, profile, sizeBytes, usedBytes } of profiles)
    lines.push(`${kind} ${profile}, ${formatBytes(usedBytes)} of ${formatBytes(sizeBytes)} given out`)
  for (const { id, path, errors } of devices) {
    const said = Object.entries(errors).filter(([, count]) => count > 0)
    const words =
      said.length === 0 ? 'no errors' : said.map(([kind, count]) => `${count} ${kind} errors`).join(', ')
    lines.push(`Disk ${id}  ${path ?? 'missing'}: ${words}`)
  }
  if (scrub !== null) lines.push(`Scrub   ${describeScrub(scrub)}`)
  return [...lines, ...[...hints, ...lacks].map((sentence) => `\n${sentence}`)]
}

function describeScrub(scrub: NonNullable<StorageHealth['scrub']>): string {
  if (scrub.state === 'never') return 'never run'
  const found = `${scrub.errorCount} errors, ${scrub.correctedCount} repaired, ${scrub.uncorrectableCount} not`
  return `${scrub.state}, begun ${scrub.startedAt ?? 'at an unknown time'}, ${formatBytes(scrub.readBytes)} read, ${found}`
}

/** `peekr storage scrub start|stop|status`. @throws storage_unavailable in a sentence */
export async function scrubStorage(
  action: string,
  options: { path?: string; json?: boolean },
): Promise<void> {
  if (!['start', 'stop', 'status'].includes(action))
    throw new PeekrError('invalid_input', {
      message: 'Say what to do: `peekr storage scrub start`, `stop` or `status`.',
    })
  const library = await openStorage({ dataPath: resolve(options.path ?? getConfig().dataPath), runBtrfs })
  if (action === 'start') await library.startScrub()
  if (action === 'stop') await library.stopScrub()
  const { scrub } = await library.health()
  if (options.json) console.log(JSON.stringify({ scrub }))
  else console.log(scrub === null ? 'Nothing is known of a scrub here.' : describeScrub(scrub))
}
