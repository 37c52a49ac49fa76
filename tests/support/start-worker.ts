import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { NODE_ARGUMENTS, NODE_ENVIRONMENT } from '../../bin/launch/node-settings.mjs'

const ROOT = join(import.meta.dirname, '../..')

/**
 * Starts a `peekr worker` in a process of its own and waits until it takes up jobs. It dies with this process.
 * @param core the processor it is held to; any, by default
 */
export async function startWorker(env: Record<string, string>, core?: number): Promise<ChildProcess> {
  const worker = spawnWorker(env, core)
  await once(worker.stdout ?? worker, 'data')
  return worker
}

/** The same without waiting, for whoever kills it at any moment. */
export function spawnWorker(env: Record<string, string>, core?: number): ChildProcess {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...inherited } = process.env
  const defaults = {
    PEEKR_ROLE: 'worker',
    PEEKR_ENCODER: 'x264',
    PEEKR_RESERVE: '0',
    PEEKR_LOG_LEVEL: 'warn',
  }
  const pin = core === undefined ? [] : ['/usr/bin/taskset', '-c', String(core)]
  const [program = '', ...args] = [...pin, process.execPath, ...NODE_ARGUMENTS, 'bin/main.ts', 'worker']
  return spawn(program, args, {
    cwd: ROOT,
    env: { ...inherited, ...NODE_ENVIRONMENT, ...defaults, ...env },
    // The channel is what makes it stop when this process dies before it could.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
}

/** Asks it to hand back what it works at and to end. */
export const stopWorker = (worker: ChildProcess) => endWorker(worker, 'SIGTERM')

/** As a crash ends it. */
export const killWorker = (worker: ChildProcess) => endWorker(worker, 'SIGKILL')

async function endWorker(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const exit = once(worker, 'exit')
  worker.kill(signal)
  await exit
}
