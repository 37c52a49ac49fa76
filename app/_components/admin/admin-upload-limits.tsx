import { SettingNumbers } from '../controls/setting-numbers'

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

const FIELDS = [
  { name: 'sizeMb', label: 'One file (MB)' },
  { name: 'minutes', label: 'One video (minutes)' },
  { name: 'videos', label: 'Videos' },
  { name: 'quotaGb', label: 'All together (GB)' },
  { name: 'creations', label: 'Begun in 15 minutes' },
] as const
type Numbers = Record<(typeof FIELDS)[number]['name'], number>

const ROLES = [
  ['uploader', 'Uploads of uploaders'],
  ['admin', 'Uploads of administrators'],
] as const

/** What each role may upload. 0 in a field is no limit of its own. */
export function AdminUploadLimits({
  limits,
  onSave,
}: {
  limits: UploadLimits
  onSave: (limits: UploadLimits) => Promise<void>
}) {
  return ROLES.map(([role, legend]) => (
    <SettingNumbers
      key={role}
      legend={legend}
      explanation="0 sets no limit here: those the server was started with hold. What runs already is not stopped."
      fields={FIELDS}
      values={toNumbers(limits[role] ?? {})}
      onSave={(numbers) => onSave({ ...limits, [role]: toLimits(numbers) })}
    />
  ))
}

function toNumbers(limits: RoleLimits): Numbers {
  return {
    sizeMb: Math.round((limits.sizeBytesMax ?? 0) / MB),
    minutes: Math.round((limits.durationSecondsMax ?? 0) / 60),
    videos: limits.videosMax ?? 0,
    quotaGb: Math.round((limits.quotaBytes ?? 0) / GB),
    creations: limits.creationsMax ?? 0,
  }
}

function toLimits({ sizeMb, minutes, videos, quotaGb, creations }: Numbers): RoleLimits {
  const some = (value: number) => (value > 0 ? value : null)
  return {
    sizeBytesMax: some(sizeMb * MB),
    durationSecondsMax: some(minutes * 60),
    videosMax: some(videos),
    quotaBytes: some(quotaGb * GB),
    creationsMax: some(creations),
  }
}
