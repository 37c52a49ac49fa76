import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildMessage } from '#lib/db/embedded/child-message'
import { buildDatabasePaths, buildSocketUri } from '#lib/db/embedded/database-paths'
import { findRunningEmbeddedDatabase } from '#lib/db/embedded/find-running-embedded-database'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'

export interface EmbeddedDatabase {
  /** A connection string for any MongoDB driver on this machine. */
  uri: string
  /** Ends the database if this call started it; done within a few seconds. Safe to call twice. */
  stop(): Promise<void>
}

export interface StartOptions {
  dataPath: string
  /** Between two looks at TTL indexes; MongoDB looks once a minute. */
  sweepMs?: number
  /** A child that lived this long was well: when it ends, the next is started at once, not later and later. */
  healthyMs?: number
}

const READY_MS = 30_000
const STOP_MS = 4_000
/** How long whoever holds the file may take to answer: it checks every page first, or makes an index. */
const OTHER_MS = 30_000
const OTHER_PAUSE_MS = 200
const RESTART_MS_MIN = 50
const RESTART_MS_MAX = 5_000

/**
 * Starts the embedded database of a data folder as a child process, and starts it again whenever it dies, on the same
 * socket, so that clients find it again. When another process serves the folder already, that one is used.
 * @throws database_away with a sentence that says why it cannot start.
 */
export async function startEmbeddedDatabase({
  dataPath,
  sweepMs = 30_000,
  healthyMs = 10_000,
}: StartOptions): Promise<EmbeddedDatabase> {
  const path = resolve(dataPath)
  const started = await findOrStart(path, sweepMs)
  if (typeof started === 'string') return { uri: started, stop: async () => {} }
  const keeper = { child: started, stopping: false, delayMs: RESTART_MS_MIN, healthyMs }
  keepAlive(keeper, () => startChild(path, sweepMs))
  return {
    uri: buildSocketUri(buildDatabasePaths(path).socket),
    async stop() {
      keeper.stopping = true
      await stopChild(keeper.child)
    },
  }
}

/**
 * The connection string of the database that another process serves, or the child that serves it from now on. Two
 * processes may start at the same moment: whoever lost the race waits for the database of the other, or takes its place.
 */
async function findOrStart(dataPath: string, sweepMs: number): Promise<string | ChildProcess> {
  const until = Date.now() + OTHER_MS
  for (;;) {
    const uri = await findRunningEmbeddedDatabase({ dataPath })
    if (uri) return uri
    try {
      return await startChild(dataPath, sweepMs)
    } catch (error) {
      if (!isHeld(error) || Date.now() >= until) throw error
    }
    await sleep(OTHER_PAUSE_MS)
  }
}

interface Keeper {
  child: ChildProcess
  stopping: boolean
  delayMs: number
  healthyMs: number
}

function keepAlive(keeper: Keeper, start: () => Promise<ChildProcess>): void {
  const startedAt = Date.now()
  keeper.child.once('exit', (code, signal) => {
    if (keeper.stopping) return
    if (Date.now() - startedAt >= keeper.healthyMs) keeper.delayMs = RESTART_MS_MIN
    getLog('database').error({ code, signal }, 'The embedded database ended unexpectedly; starting it again.')
    restart(keeper, start)
  })
}

/** Tries until it succeeds: the reason it died may pass, as a full disk does. */
function restart(keeper: Keeper, start: () => Promise<ChildProcess>): void {
  setTimeout(async () => {
    if (keeper.stopping) return
    try {
      keeper.child = await start()
      if (keeper.stopping) await stopChild(keeper.child)
      else keepAlive(keeper, start)
    } catch (error) {
      // Another process may have been quicker, and serves it meanwhile.
      const level = isHeld(error) ? 'debug' : 'error'
      getLog('database')[level]({ err: error }, 'The embedded database did not start; trying again.')
      restart(keeper, start)
    }
  }, keeper.delayMs)
  keeper.delayMs = Math.min(keeper.delayMs * 2, RESTART_MS_MAX)
}

async function startChild(dataPath: string, sweepMs: number): Promise<ChildProcess> {
  // node:sqlite is still marked experimental and says so on every start.
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--max-semi-space-size=4',
    findEntry(),
    dataPath,
    String(sweepMs),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    await waitUntilReady(child)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  // The database must not keep a command alive that has nothing else to do; it ends with its parent.
  child.unref()
  child.channel?.unref()
  return child
}

function isHeld(error: unknown): boolean {
  return error instanceof PeekrError && error.details.held === true
}

/** Beside this file; where a bundler moved this file, in the checkout the server was started from. */
function findEntry(): string {
  const beside = join(import.meta.dirname ?? '', 'main.ts')
  return existsSync(beside) ? beside : resolve('lib/db/embedded/main.ts')
}

async function waitUntilReady(child: ChildProcess): Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const timer = setTimeout(() => stop.abort(), READY_MS)
  try {
    const message = await Promise.race([
      once(child, 'message', { signal }).then(([said]) => said as ChildMessage),
      once(child, 'exit', { signal }).then(([code]): ChildMessage => {
        const message = `The embedded database ended while starting (status ${code}).`
        return { ready: false, message, held: false }
      }),
    ])
    if (!message.ready) {
      throw new PeekrError('database_away', { message: message.message, details: { held: message.held } })
    }
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new PeekrError('database_away', {
      message: `The embedded database was not ready after ${READY_MS / 1000} seconds. Look at its messages above.`,
      cause,
    })
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  if (child.connected) child.send('stop', () => {})
  else child.kill('SIGKILL')
  await exited
  clearTimeout(timer)
}
