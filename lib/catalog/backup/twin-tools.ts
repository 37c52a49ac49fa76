import { createHash } from 'node:crypto'
import { getSecret } from '#lib/auth/secrets'
import { runTask } from '#lib/jobs/pool'
import type { TwinTools } from '#lib/storage/twin/store-state'

/** Deleting and making subvolumes waits while the filesystem commits, which a backup makes it do often. */
const BTRFS_TIMEOUT_MS = 10 * 60_000

/** The programs that backups run, all of them in the pool. */
export const twinTools: TwinTools = {
  runBtrfs: async (args, options) =>
    (await runTask('btrfs', { args, timeoutMs: BTRFS_TIMEOUT_MS, ...options })).stdout,
  runPipe: (input, { signal, onBytes } = {}) =>
    runTask('pipe', input, { signal, onReport: ({ sizeBytes }) => onBytes?.(sizeBytes) }),
}

/** Which library this is, from the key that only it has; the key cannot be found out from it. */
export function identifyLibrary(key: Uint8Array = getSecret('manifest')): string {
  return createHash('sha256').update('peekr library\n').update(key).digest('hex')
}
