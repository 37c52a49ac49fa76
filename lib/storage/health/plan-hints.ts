import type { StorageHealth } from '#lib/domain/storage-health'

/** Below this share of the disks a new chunk may soon not be had, although old ones are half empty. */
const UNALLOCATED_SHARE_MIN = 0.02
const IDLE_SHARE_MIN = 0.25

/** What a balance would make better (btrfs-balance(8)), as sentences with the command to run. Pure. */
export function planHints({ profiles, space }: StorageHealth, dataPath: string): string[] {
  const hints: string[] = []
  for (const kind of ['Data', 'Metadata']) {
    const found = profiles.filter((profile) => profile.kind === kind).map(({ profile }) => profile)
    const wanted = found.find((profile) => /^RAID/i.test(profile))
    if (new Set(found).size > 1 && wanted !== undefined) {
      const letter = kind === 'Data' ? 'd' : 'm'
      hints.push(
        `${kind} is kept in more than one way (${found.join(', ')}), as happens when a disk was missing. With all disks there, run \`btrfs balance start -${letter}convert=${wanted.toLowerCase()},soft ${dataPath}\`.`,
      )
    }
  }
  const data = profiles.filter(({ kind }) => kind === 'Data')
  const idleBytes = data.reduce((sum, { sizeBytes, usedBytes }) => sum + sizeBytes - usedBytes, 0)
  const heldBytes = data.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (
    space !== null &&
    space.unallocatedBytes < space.rawBytes * UNALLOCATED_SHARE_MIN &&
    idleBytes > heldBytes * IDLE_SHARE_MIN
  ) {
    hints.push(
      `Nearly all of the disk is given out to data, a good part of which is empty. \`btrfs balance start -dusage=50 ${dataPath}\` gives it back, before metadata runs out of room.`,
    )
  }
  return hints
}
