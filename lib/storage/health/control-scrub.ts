import { setTimeout as sleep } from 'node:timers/promises'
import type { ScrubState } from '#lib/domain/storage-health'
import { isPeekrError, PeekrError } from '#lib/errors'
import {
  buildScrubCancel,
  buildScrubResume,
  buildScrubStart,
  buildScrubStatus,
} from '#lib/storage/btrfs/btrfs-arguments'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { parseScrub } from '#lib/storage/health/parse-scrub'

const GOES_ON = { goesOn: true }
const BEGIN_MS_MAX = 10_000
const BEGIN_POLL_MS = 100

/**
 * Starts a scrub of the whole filesystem, or goes on with one that was stopped. It runs in the kernel, at idle priority,
 * and goes on when Peekr stops.
 * @returns false when one is running already
 * @throws storage_unavailable in a sentence, as when Peekr is not root
 */
export async function startScrub(dataPath: string, runBtrfs: RunBtrfs): Promise<boolean> {
  const { state } = parseScrub(await runBtrfs(buildScrubStatus(dataPath)))
  if (state === 'running') return false
  if (state === 'stopped' && (await tried(runBtrfs(buildScrubResume(dataPath), GOES_ON)))) {
    await waitWhile('stopped', dataPath, runBtrfs)
    return true
  }
  try {
    await runBtrfs(buildScrubStart(dataPath), GOES_ON)
    await waitWhile('never', dataPath, runBtrfs)
    return true
  } catch (cause) {
    throw new PeekrError('storage_unavailable', {
      message: `A scrub could not be started. It needs root: run \`btrfs scrub start ${dataPath}\` on the server.`,
      cause,
    })
  }
}

/** Stops a scrub that is running; it can be gone on with. Twice is safe. */
export async function stopScrub(dataPath: string, runBtrfs: RunBtrfs): Promise<void> {
  const { state } = parseScrub(await runBtrfs(buildScrubStatus(dataPath)))
  if (state !== 'running') return
  if (await tried(runBtrfs(buildScrubCancel(dataPath)))) return
  // It may have come to its end by itself meanwhile.
  if (parseScrub(await runBtrfs(buildScrubStatus(dataPath))).state !== 'running') return
  throw new PeekrError('storage_unavailable', {
    message: `The scrub could not be stopped. It needs root: run \`btrfs scrub cancel ${dataPath}\` on the server.`,
  })
}

/**
 * The command returns before its notes tell of a new scrub: until then they are empty, or say what was before. Who is told
 * that it has begun must not find that it never was.
 */
async function waitWhile(before: ScrubState, dataPath: string, runBtrfs: RunBtrfs): Promise<void> {
  for (const deadlineMs = performance.now() + BEGIN_MS_MAX; performance.now() < deadlineMs; ) {
    if (parseScrub(await runBtrfs(buildScrubStatus(dataPath))).state !== before) return
    await sleep(BEGIN_POLL_MS)
  }
}

async function tried(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (isPeekrError(error) && error.code === 'storage_unavailable') return false
    throw error
  }
}
