/**
 * Arguments of btrfs-progs (btrfs-subvolume(8), btrfs-property(8), btrfs-filesystem(8)). Paths are absolute, so none
 * can be taken for an option.
 */
export function buildCreateSubvolume(path: string): string[] {
  return ['subvolume', 'create', path]
}

/** Unlike a file, a snapshot is durable when the command returns. */
export function buildReadOnlySnapshot(from: string, to: string): string[] {
  return ['subvolume', 'snapshot', '-r', from, to]
}

/** The same, but one that can be written to: a video made from a snapshot. */
export function buildWritableSnapshot(from: string, to: string): string[] {
  return ['subvolume', 'snapshot', from, to]
}

/** What is below a path and what only it refers to, in bytes, from FIEMAP; a plain user may ask, too. */
export function buildMeasure(path: string): string[] {
  return ['filesystem', 'du', '-s', '--raw', path]
}

export function buildDeleteSubvolume(path: string): string[] {
  return ['subvolume', 'delete', path]
}

/** A plain user may not delete a read-only snapshot before this. */
export function buildMakeWritable(path: string): string[] {
  return ['property', 'set', '-ts', path, 'ro', 'false']
}

/** Commits the running transaction: everything written so far is on disk when it returns. */
export function buildSyncFilesystem(path: string): string[] {
  return ['filesystem', 'sync', path]
}

/** Error counters of every device; setting them back needs root (btrfs-device(8)). */
export function buildDeviceStats(path: string): string[] {
  return ['--format', 'json', 'device', 'stats', path]
}

export function buildResetDeviceStats(path: string): string[] {
  return ['device', 'stats', '-z', path]
}

export function buildFilesystemUsage(path: string): string[] {
  return ['filesystem', 'usage', '-b', path]
}

/** In the background, at idle priority (btrfs-scrub(8)). */
export function buildScrubStart(path: string): string[] {
  return ['scrub', 'start', '-c', '3', path]
}

export function buildScrubResume(path: string): string[] {
  return ['scrub', 'resume', '-c', '3', path]
}

export function buildScrubCancel(path: string): string[] {
  return ['scrub', 'cancel', path]
}

export function buildScrubStatus(path: string): string[] {
  return ['scrub', 'status', '-R', path]
}

/** And back, for what is to be sent. */
export function buildMakeReadOnly(path: string): string[] {
  return ['property', 'set', '-ts', path, 'ro', 'true']
}

/** Prints `ro=true` or `ro=false`. */
export function buildIsReadOnly(path: string): string[] {
  return ['property', 'get', '-ts', path, 'ro']
}

/** Needs root. Writes the stream to standard output; with a parent, what changed since (btrfs-send(8)). */
export function buildSend(path: string, parent: string | null): string[] {
  return ['send', '-q', ...(parent === null ? [] : ['-p', parent]), path]
}

/** Needs root. Makes the subvolume of a stream from standard input in a folder, under the name it had. */
export function buildReceive(folder: string): string[] {
  return ['receive', '-q', folder]
}
