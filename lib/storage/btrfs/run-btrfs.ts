import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { PeekrError } from '#lib/errors'

/** Runs `btrfs` with these arguments and returns what it printed. */
export type RunBtrfs = (args: string[], options?: { timeoutMs?: number }) => Promise<string>

const PATHS = ['/usr/bin/btrfs', '/bin/btrfs', '/sbin/btrfs', '/usr/sbin/btrfs']
const TIMEOUT_MS = 60_000

/**
 * Runs btrfs-progs in this process: for Piscina's worker, the command line and tests. The server hands the storage a
 * version of this that goes through the pool.
 * @throws tool_missing without btrfs-progs; disk_full; storage_unavailable with the command's own words in `details`.
 */
export const runBtrfs: RunBtrfs = (args, options = {}) => {
  return new Promise((resolve, reject) => {
    const path = requireBtrfs()
    const limits = {
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 4 << 20,
    } as const
    // Its messages are classified below, so they must be in English.
    const env = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } as unknown as NodeJS.ProcessEnv
    execFile(path, args, { ...limits, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(classifyBtrfsFailure(args, stderr, error))
    })
  })
}

/** Where btrfs-progs is. @throws tool_missing */
export function requireBtrfs(): string {
  const path = PATHS.find((candidate) => existsSync(candidate))
  if (path !== undefined) return path
  throw new PeekrError('tool_missing', {
    message: 'The program btrfs is not installed. Install the package btrfs-progs and start again.',
  })
}

/** What btrfs-progs prints is strerror(3)'s text; only these two mean something else than "it does not work". */
export function classifyBtrfsFailure(args: string[], stderr: string, cause?: unknown): PeekrError {
  const isFull = /No space left on device|Disk quota exceeded/i.test(stderr)
  return new PeekrError(isFull ? 'disk_full' : 'storage_unavailable', {
    cause,
    details: { command: ['btrfs', ...args].join(' '), stderr: stderr.trim().slice(-2000) },
  })
}
