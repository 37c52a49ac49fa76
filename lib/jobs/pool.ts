import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { getConfig } from '#lib/config'
import { type Outcome, PeekrError, unwrapOutcome } from '#lib/errors'
import { findProjectRoot } from '#lib/jobs/find-project-root'
import { TASK_FILES, type TaskInput, type TaskName, type TaskOutput, type TaskReport } from '#lib/jobs/tasks'
import { singleton } from '#lib/singleton'

interface Pool {
  root: string
  piscina: Piscina
  /** Each running task's way to be stopped, and its end. */
  running: Map<AbortController, Promise<unknown>>
  closing: boolean
}

export interface RunTaskOptions<Name extends TaskName = TaskName> {
  /** Aborting ends the task with `cancelled` within about two seconds, children included. */
  signal?: AbortSignal
  /** Called with 0 to 1, never decreasing. */
  onProgress?: (fraction: number) => void
  /** Called with what a task has to say on its way, in order. */
  onReport?: (report: TaskReport<Name>) => void
}

/**
 * Runs one task on a worker thread.
 * @throws what the task failed with; cancelled when aborted; worker_lost when its thread died.
 */
export async function runTask<Name extends TaskName>(
  name: Name,
  input: TaskInput<Name>,
  { signal, onProgress, onReport }: RunTaskOptions<Name> = {},
): Promise<TaskOutput<Name>> {
  const holder = getHolder()
  holder.pool ??= createPool()
  const { pool } = holder
  if (pool.closing || signal?.aborted) throw new PeekrError('cancelled')
  const stop = new AbortController()
  const stopToo = () => stop.abort()
  signal?.addEventListener('abort', stopToo, { once: true })
  const task = startTask(pool, name, input, stop.signal, { onProgress, onReport })
  pool.running.set(stop, task)
  try {
    return unwrapOutcome(await task)
  } finally {
    pool.running.delete(stop)
    signal?.removeEventListener('abort', stopToo)
  }
}

/** Stops every task and its children, waits for them, then ends the threads. Safe to call twice. */
export async function closePool(): Promise<void> {
  const holder = getHolder()
  const { pool } = holder
  if (pool === null) return
  pool.closing = true
  for (const stop of pool.running.keys()) stop.abort()
  await Promise.allSettled(pool.running.values())
  await pool.piscina.destroy()
  if (holder.pool === pool) holder.pool = null
}

/** Holds no pool until the first task, so that commands that run none start no thread. */
function getHolder(): { pool: Pool | null } {
  return singleton('jobs.pool', () => ({ pool: null }))
}

function createPool(): Pool {
  // Tasks mostly wait for a child. Beyond the encodes and the checks of what was encoded, threads keep a probe or a
  // btrfs call from queueing behind the hash of a large file.
  // Uploads that play already hold two for as long as they last.
  const maxThreads = 2 + 2 * getConfig().jobsMax + Math.max(3, Math.min(availableParallelism(), 8))
  const root = findProjectRoot()
  const piscina = new Piscina({ minThreads: 1, maxThreads, idleTimeout: 30_000, recordTiming: false })
  return { root, piscina, running: new Map(), closing: false }
}

async function startTask<Name extends TaskName>(
  pool: Pool,
  name: Name,
  input: TaskInput<Name>,
  signal: AbortSignal,
  { onProgress, onReport }: Pick<RunTaskOptions<Name>, 'onProgress' | 'onReport'>,
): Promise<Outcome<TaskOutput<Name>>> {
  // Piscina's own abort ends the thread and leaves the thread's children alive, so the wish travels by a port.
  const { port1, port2 } = new MessageChannel()
  const hear = (message: number | TaskReport<Name>) =>
    typeof message === 'number' ? onProgress?.(message) : onReport?.(message)
  port1.on('message', hear)
  signal.addEventListener('abort', () => port1.postMessage('abort'), { once: true })
  try {
    const filename = join(/* turbopackIgnore: true */ pool.root, TASK_FILES[name])
    const options = { filename, name: 'run', transferList: [port2] }
    return (await pool.piscina.run({ input, port: port2 }, options)) as Outcome<TaskOutput<Name>>
  } catch (error) {
    throw new PeekrError('worker_lost', { cause: error, details: { task: name } })
  } finally {
    // The result may overtake the last progress, which closing the port would drop.
    for (let late = receiveMessageOnPort(port1); late; late = receiveMessageOnPort(port1)) {
      hear(late.message)
    }
    port1.close()
  }
}
