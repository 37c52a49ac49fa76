import type { StorageHealth } from '#lib/domain/storage-health'

/**
 * What `btrfs filesystem usage -b` prints (btrfs-filesystem(8)); it knows no JSON. Lines that are not understood are left
 * out, so that another version of the tool costs figures and no more.
 */
export function parseUsage(text: string): Pick<StorageHealth, 'profiles' | 'space'> {
  const find = (label: string) => {
    const [, digits] = new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm').exec(text) ?? []
    return digits === undefined ? null : Number(digits)
  }
  const rawBytes = find('Device size')
  const freeBytes = find('Free \\(estimated\\)')
  const [, min] = /Free \(estimated\):\s+\d+\s+\(min: (\d+)\)/.exec(text) ?? []
  const profiles = [...text.matchAll(/^(Data|Metadata|System),\s*(\w+): Size:(\d+), Used:(\d+)/gm)].map(
    ([, kind = '', profile = '', size, used]) => ({
      kind,
      profile,
      sizeBytes: Number(size),
      usedBytes: Number(used),
    }),
  )
  if (rawBytes === null || freeBytes === null) return { profiles, space: null }
  const space = {
    rawBytes,
    usedBytes: find('Used') ?? 0,
    freeBytes,
    freeBytesMin: min === undefined ? freeBytes : Number(min),
    unallocatedBytes: find('Device unallocated') ?? 0,
    missingBytes: find('Device missing') ?? 0,
  }
  return { profiles, space }
}

/** Profiles that keep everything on two devices at least, or can compute what one lost (mkfs.btrfs(8)). */
export function isRedundant(profile: string): boolean {
  return /^RAID(?:1|1C3|1C4|10|5|6)$/i.test(profile)
}
