import type { StorageHealth } from '#lib/domain/storage-health'
import { isPeekrError } from '#lib/errors'
import { buildDeviceStats, buildFilesystemUsage, buildScrubStatus } from '#lib/storage/btrfs/btrfs-arguments'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { findMount } from '#lib/storage/find-mount'
import { parseDeviceStats } from '#lib/storage/health/parse-device-stats'
import { parseScrub } from '#lib/storage/health/parse-scrub'
import { isRedundant, parseUsage } from '#lib/storage/health/parse-usage'
import { planHints } from '#lib/storage/health/plan-hints'

/** Asks Btrfs how it is. What only root is told is left out for others, with a sentence in `lacks`. */
export async function readBtrfsHealth(dataPath: string, runBtrfs: RunBtrfs): Promise<StorageHealth> {
  const mount = await findMount(dataPath)
  const usage = parseUsage(await runBtrfs(buildFilesystemUsage(dataPath)))
  const devices = parseDeviceStats(await runBtrfs(buildDeviceStats(dataPath)))
  const scrub = await readScrub(dataPath, runBtrfs)
  const data = usage.profiles.filter(({ kind }) => kind === 'Data')
  const health: StorageHealth = {
    driver: 'btrfs',
    isMirrored: data.length > 0 && data.every(({ profile }) => isRedundant(profile)),
    isReadOnly: mount?.options.includes('ro') ?? false,
    ...usage,
    devices,
    scrub,
    hints: [],
    lacks: [],
  }
  return { ...health, hints: planHints(health, dataPath), lacks: describeLacks(health) }
}

async function readScrub(dataPath: string, runBtrfs: RunBtrfs): Promise<StorageHealth['scrub']> {
  try {
    return parseScrub(await runBtrfs(buildScrubStatus(dataPath)))
  } catch (error) {
    // Not permitted, or its notes are kept where this container has no folder.
    if (isPeekrError(error) && error.code === 'storage_unavailable') return null
    throw error
  }
}

function describeLacks({ isMirrored, scrub }: StorageHealth): string[] {
  const lacks: string[] = []
  if (!isMirrored)
    lacks.push(
      'There is one copy of everything: damage is noticed, but no other disk can repair it. Two disks with `peekr storage init --raid1` would.',
    )
  if (scrub === null || process.geteuid?.() !== 0)
    lacks.push(
      'Scrubbing needs root, and Peekr does not run as root. Have the machine do it: `systemctl enable --now btrfs-scrub@….timer`, or `btrfs scrub start` by cron.',
    )
  return lacks
}
