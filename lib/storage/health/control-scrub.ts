import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { ScrubHealth } from '#lib/domain/storage-health'
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
const BEGIN_MS_MAX = 5_000
const BEGIN_POLL_MS = 100

/**
 * Starts a scrub of the whole filesystem, or goes on with one that was stopped. It runs in the kernel, at idle priority,
 * and goes on when Peekr stops.
 * @returns false when one is running already
 * @throws storage_unavailable in a sentence, as when Peekr is not root
 */
export async function startScrub(dataPath: string, runBtrfs: RunBtrfs): Promise<boolean> {
  const before = await readScrub(dataPath, runBtrfs)
  if (before.state === 'running') return false
  const isResumed = before.state === 'stopped' && (await tried(runBtrfs(buildScrubResume(dataPath), GOES_ON)))
  try {
    if (!isResumed) await runBtrfs(buildScrubStart(dataPath), GOES_ON)
  } catch (cause) {
    // Its notes did not tell of it yet.
    if ((await readScrub(dataPath, runBtrfs)).state === 'running') return false
    throw new PeekrError('storage_unavailable', {
      message: `A scrub could not be started. It needs root: run \`btrfs scrub start ${dataPath}\` on the server.`,
      cause,
    })
  }
  await waitForNews(before, dataPath, runBtrfs)
  return true
}

/** Stops a scrub that is running; it can be gone on with. Twice is safe. */
export async function stopScrub(dataPath: string, runBtrfs: RunBtrfs): Promise<void> {
  const { state } = await readScrub(dataPath, runBtrfs)
  if (state !== 'running') return
  if (await tried(runBtrfs(buildScrubCancel(dataPath)))) return
  // It may have come to its end by itself meanwhile.
  if ((await readScrub(dataPath, runBtrfs)).state !== 'running') return
  throw new PeekrError('storage_unavailable', {
    message: `The scrub could not be stopped. It needs root: run \`btrfs scrub cancel ${dataPath}\` on the server.`,
  })
}

/**
 * The command returns before its notes tell of a new scrub: until then they are empty, or say what was before. Who is told
 * that it has begun must not find that it never was, or take the last one's end for this one's.
 */
async function waitForNews(before: ScrubHealth, dataPath: string, runBtrfs: RunBtrfs): Promise<void> {
  for (const deadlineMs = performance.now() + BEGIN_MS_MAX; performance.now() < deadlineMs; ) {
    const now = await readScrub(dataPath, runBtrfs)
    if (['running', 'finished'].includes(now.state) && !isDeepStrictEqual(now, before)) return
    await sleep(BEGIN_POLL_MS)
  }
}

async function readScrub(dataPath: string, runBtrfs: RunBtrfs): Promise<ScrubHealth> {
  return parseScrub(await runBtrfs(buildScrubStatus(dataPath)))
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
