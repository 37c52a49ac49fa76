import type { ScrubHealth, ScrubState } from '#lib/domain/storage-health'

const STATES: Record<string, ScrubState> = {
  running: 'running',
  finished: 'finished',
  aborted: 'stopped',
  interrupted: 'stopped',
}

/** What `btrfs scrub status -R` prints (btrfs-scrub(8)); it knows no JSON before btrfs-progs 6.10. */
export function parseScrub(text: string): ScrubHealth {
  const [, status = ''] = /^Status:\s+(\w+)/m.exec(text) ?? []
  // In the language C and this machine's own time zone: `Mon Nov 23 03:25:04 2026`.
  const [, started] = /^Scrub (?:started|resumed):\s+(.+)$/m.exec(text) ?? []
  const startedMs = started === undefined ? Number.NaN : Date.parse(started)
  const count = (name: string) => Number(new RegExp(`^\\s*${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return {
    state: STATES[status] ?? 'never',
    startedAt: Number.isNaN(startedMs) ? null : new Date(startedMs).toISOString(),
    readBytes: count('data_bytes_scrubbed') + count('tree_bytes_scrubbed'),
    errorCount: ['read_errors', 'csum_errors', 'verify_errors', 'super_errors'].reduce(
      (sum, name) => sum + count(name),
      0,
    ),
    correctedCount: count('corrected_errors'),
    uncorrectableCount: count('uncorrectable_errors'),
  }
}
