import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** Starts a `peekr worker` in a process of its own and waits until it takes up jobs. It dies with this process. */
export async function startWorker(env: Record<string, string>): Promise<ChildProcess> {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...inherited } = process.env
  const args = ['--disable-warning=ExperimentalWarning', 'bin/main.ts', 'worker']
  const worker = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...inherited, PEEKR_ENCODER: 'x264', PEEKR_RESERVE: '0', PEEKR_LOG_LEVEL: 'warn', ...env },
    // The channel is what makes it stop when this process dies before it could.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  await once(worker.stdout ?? worker, 'data')
  return worker
}

/** Asks it to hand back what it works at and to end. */
export async function stopWorker(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const exit = once(worker, 'exit')
  worker.kill('SIGTERM')
  await exit
}
