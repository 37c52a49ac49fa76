const MB = 1_000_000
const GB = 1_000_000_000

/** As the API has them; null and what is missing mean that the server's own limits hold. */
export interface RoleLimits {
  sizeBytesMax?: number | null
  durationSecondsMax?: number | null
  videosMax?: number | null
  quotaBytes?: number | null
  creationsMax?: number | null
}

export type UploadLimits = Partial<Record<'uploader' | 'admin', RoleLimits>>

/** What can be limited, in the units people think in. */
export const LIMIT_FIELDS = [
  { name: 'sizeMb', label: 'One file (MB)' },
  { name: 'minutes', label: 'One video (minutes)' },
  { name: 'videos', label: 'Videos' },
  { name: 'quotaGb', label: 'All together (GB)' },
  { name: 'creations', label: 'Begun in 15 minutes' },
] as const
export type LimitNumbers = Record<(typeof LIMIT_FIELDS)[number]['name'], number>

/** As the form has them: 0 for no limit. */
export function toLimitNumbers(limits: RoleLimits): LimitNumbers {
  return {
    sizeMb: Math.round((limits.sizeBytesMax ?? 0) / MB),
    minutes: Math.round((limits.durationSecondsMax ?? 0) / 60),
    videos: limits.videosMax ?? 0,
    quotaGb: Math.round((limits.quotaBytes ?? 0) / GB),
    creations: limits.creationsMax ?? 0,
  }
}

export function toLimits({ sizeMb, minutes, videos, quotaGb, creations }: LimitNumbers): RoleLimits {
  const some = (value: number) => (value > 0 ? value : null)
  return {
    sizeBytesMax: some(sizeMb * MB),
    durationSecondsMax: some(minutes * 60),
    videosMax: some(videos),
    quotaBytes: some(quotaGb * GB),
    creationsMax: some(creations),
  }
}
