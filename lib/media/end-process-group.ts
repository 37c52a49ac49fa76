import type { ChildProcess } from 'node:child_process'

const PATIENCE_MS = 1500

/**
 * Ends a child and all its descendants: SIGTERM to its process group, SIGKILL when that did not do within 1.5 s.
 * The child must have been spawned `detached`, which makes it the leader of its group. Safe to call again.
 */
export function endProcessGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), PATIENCE_MS)
  child.once('close', () => clearTimeout(timer))
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    // The whole group has ended. While any member lives, its number is given to nobody else.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
