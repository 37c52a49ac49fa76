import { setTimeout as sleep } from 'node:timers/promises'
import type { Damage } from '#lib/catalog/proof/damage'
import { keepFlaws, recheck } from '#lib/catalog/proof/recheck'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'

const POLL_MS = 1_000
/** A scrub of large disks takes a day. It goes on by itself; what it repairs later, the next reading finds well. */
const WAIT_MS = 60_000

/**
 * Reads what was damaged once more: each copy is tried, and the error may have been a passing one. Where there is a
 * mirror a scrub is started, which rewrites bad copies on all of the disks, and after it the files are read again.
 * @returns what is still damaged
 */
export async function healFromMirror(damage: Damage): Promise<Damage['flaws']> {
  const again = await recheck(damage, damage.flaws)
  const unreadable = again.filter(({ problem }) => problem === 'unreadable')
  const library = await getLibrary()
  if (unreadable.length === 0 || !(await library.health()).isMirrored) return again
  try {
    if (await library.startScrub())
      await recordStorageEvent('scrub-started', 'A scrub was started, because a file could not be read.')
  } catch (error) {
    if (!isPeekrError(error)) throw error
    await recordStorageEvent('scrub-failed', error.message)
    return again
  }
  const deadlineMs = performance.now() + WAIT_MS
  while ((await library.health()).scrub?.state === 'running' && performance.now() < deadlineMs)
    await sleep(POLL_MS, undefined, { signal: damage.signal })
  return keepFlaws(again, unreadable, await recheck(damage, unreadable))
}
