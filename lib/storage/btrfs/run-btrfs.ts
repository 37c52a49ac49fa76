import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { PeekrError } from '#lib/errors'

export interface BtrfsOptions {
  timeoutMs?: number
  /**
   * The command leaves a process behind that goes on for hours, as a scrub does, and holds what it was given to print to
   * (seen with btrfs-progs 6.2): it is waited for no longer than the command itself, and nothing it prints is kept.
   */
  goesOn?: boolean
}

/** Runs `btrfs` with these arguments and returns what it printed. */
export type RunBtrfs = (args: string[], options?: BtrfsOptions) => Promise<string>

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
    if (options.goesOn) {
      // In a session of its own, so that a Ctrl-C for Peekr is not one for what goes on.
      const child = spawn(path, args, { ...limits, env, stdio: 'ignore', detached: true })
      child.once('error', (error) => reject(classifyBtrfsFailure(args, '', error)))
      child.once('exit', (code) => (code === 0 ? resolve('') : reject(classifyBtrfsFailure(args, ''))))
      return
    }
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
