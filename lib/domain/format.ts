const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

/** Bytes as people read them, in powers of 1,000: `0 B`, `640 KB`, `1.4 GB`. Negative counts as 0. */
export function formatBytes(sizeBytes: number): string {
  let amount = Math.max(0, sizeBytes)
  let unit = 0
  // 999.5 and more would be rounded to 1000.
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000
    unit += 1
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0
  return `${amount.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`
}

/** A length as on a player: `0:07`, `12:05`, `1:02:09`. */
export function formatDuration(durationSeconds: number): string {
  const total = Math.max(0, Math.round(durationSeconds))
  const seconds = String(total % 60).padStart(2, '0')
  const minutes = Math.floor(total / 60) % 60
  const hours = Math.floor(total / 3600)
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** The same length as a screen reader should say it: `1 hour 2 minutes 9 seconds`. */
export function formatSpokenDuration(durationSeconds: number): string {
  const total = Math.max(0, Math.round(durationSeconds))
  const parts = [
    [Math.floor(total / 3600), 'hour'],
    [Math.floor(total / 60) % 60, 'minute'],
    [total % 60, 'second'],
  ] as const
  const said = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => plural(amount, unit))
  return said.length > 0 ? said.join(' ') : '0 seconds'
}

/** How long something will still take, rounded so that it does not flicker: `12 s`, `4 min`, `2 h 10 min`. */
export function formatTimeLeft(durationSeconds: number): string {
  const seconds = Math.max(1, Math.ceil(durationSeconds))
  if (seconds < 60) return `${seconds < 10 ? seconds : Math.ceil(seconds / 5) * 5} s`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

const AGES = [
  [365 * 86_400, 'year'],
  [30 * 86_400, 'month'],
  [7 * 86_400, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** How long ago an ISO 8601 time was: `just now`, `3 days ago`. A time in the future is `just now`. */
export function formatAge(time: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(time)) / 1000
  for (const [length, unit] of AGES) {
    if (seconds >= length) return `${plural(Math.floor(seconds / length), unit)} ago`
  }
  return 'just now'
}

/** A day as people write it, in this reader's language and time zone: `23 December 2026`. */
export function formatDay(time: string): string {
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
}

/** `0.4349` as `43 %`. Rounded down, so that 100 % means done. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`
}

/** `1 video`, `2 videos`. */
export function plural(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
