import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { endProcessGroup } from '#lib/media/end-process-group'
import { createLineReader } from '#lib/media/line-reader'

export interface ChildRequest {
  file: string
  args: readonly string[]
  /** Wall-clock limit. */
  deadlineMs: number
  /** Ends the child when `onStdout` has not called `alive` for this long; null watches nothing. */
  stallMs?: number | null
  /** How far it steps back for other processes, 0 (not at all) to 19. */
  niceness?: number
  /** What it gets on standard input; nothing, without it. It is asked for no more than the child takes. */
  stdin?: AsyncIterable<Uint8Array>
  signal?: AbortSignal
  /** Each line of standard output; without it the whole output is returned, bounded. */
  onStdout?: (line: string, alive: () => void) => void
  /** Each line of standard error; the line is kept for the result when it answers true. All are, without it. */
  onStderr?: (line: string) => boolean
}

/** One shape for success and failure. */
export interface ChildResult {
  exitCode: number | null
  /** Why we ended it, or null when it ended by itself. */
  ended: 'cancelled' | 'deadline' | 'stalled' | null
  /** Somebody else ended it: a `kill`, or the kernel for want of memory. */
  killed: boolean
  /** It could not be started at all. */
  startError: string | null
  stdout: string
  /** The last lines, oldest first. */
  stderr: string[]
  elapsedMs: number
}

const NICE = '/usr/bin/nice'
const KILLS: readonly number[] = [constants.signals.SIGKILL, constants.signals.SIGTERM]
/** What a shell, and the sandbox, add to the number of the signal that ended what they ran. */
const SIGNAL_EXIT_CODE = 128
const STDOUT_BYTES_MAX = 8 * 1024 ** 2
const STDERR_LINES_MAX = 200

/**
 * Runs a program in a process group of its own, with nothing on standard input unless given, and an empty environment. Standard error is
 * always read, or a talkative child would block on a full pipe. Never throws; ends the whole group on abort, deadline or stall.
 */
export function runChild(request: ChildRequest): Promise<ChildResult> {
  const { promise, resolve } = Promise.withResolvers<ChildResult>()
  const startedAt = performance.now()
  const [file, ...args] = withNiceness(request)
  const child = spawn(file, args, {
    detached: true,
    stdio: [request.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    // Next's types insist on NODE_ENV being there.
    env: {} as unknown as NodeJS.ProcessEnv,
  })
  if (request.niceness !== undefined) stepBack(child, request.niceness)
  let ended: ChildResult['ended'] = null
  let startError: string | null = null
  const end = (why: NonNullable<ChildResult['ended']>) => {
    ended ??= why
    endProcessGroup(child)
  }
  const watchdog = request.stallMs ? setTimeout(() => end('stalled'), request.stallMs) : null
  const deadline = setTimeout(() => end('deadline'), request.deadlineMs)
  const cancel = () => end('cancelled')
  request.signal?.addEventListener('abort', cancel, { once: true })
  if (request.signal?.aborted) cancel()

  const stdout = createLineReader(request.onStdout ? 0 : STDOUT_BYTES_MAX, (line) =>
    request.onStdout?.(line, () => watchdog?.refresh()),
  )
  const lines: string[] = []
  const stderr = createLineReader(0, (line) => {
    if (request.onStderr && !request.onStderr(line)) return
    lines.push(line)
    if (lines.length > STDERR_LINES_MAX) lines.shift()
  })
  // A child that ends, or stops reading, before its input does says so by its exit code.
  if (request.stdin && child.stdin) pipeline(request.stdin, child.stdin).catch(() => {})
  child.stdout?.on('data', stdout.push)
  child.stderr?.on('data', stderr.push)
  child.on('error', (error) => {
    startError = error.message
  })
  child.on('close', (exitCode, signalName) => {
    if (watchdog) clearTimeout(watchdog)
    clearTimeout(deadline)
    request.signal?.removeEventListener('abort', cancel)
    stdout.end()
    stderr.end()
    const elapsedMs = performance.now() - startedAt
    const signal = signalName === null ? (exitCode ?? 0) - SIGNAL_EXIT_CODE : constants.signals[signalName]
    const killed = ended === null && KILLS.includes(signal)
    resolve({ exitCode, ended, killed, startError, stdout: stdout.text(), stderr: lines, elapsedMs })
  })
  return promise
}

/** The command line; `nice` sets it before the program can have children, which a call after its start would come too late for. */
function withNiceness({ file, args, niceness }: ChildRequest): [string, ...string[]] {
  return niceness === undefined ? [file, ...args] : [NICE, '-n', String(niceness), file, ...args]
}

/**
 * Where the kernel shares out processors by session first (`sched_autogroup_enabled`, as Debian's does), niceness means nothing
 * outside a session, and each child has its own: then the session as a whole steps back.
 */
function stepBack({ pid }: ChildProcess, niceness: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness))
  } catch (error) {
    // It has ended already, the kernel has no such groups, or somebody else asked within the last tenth of a second: it is
    // only slower for others then.
    if (!['ESRCH', 'ENOENT', 'EAGAIN', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
  }
}
