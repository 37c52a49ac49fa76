import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import mongoose from 'mongoose'
import { NODE_ARGUMENTS, NODE_ENVIRONMENT } from '../../bin/launch/node-settings.mjs'

const root = resolve(import.meta.dirname, '../..')
const START_MS = 60_000
const STOP_MS = 20_000

export interface RunningPeekr {
  /** Such as `http://127.0.0.1:41234`, without a trailing slash. */
  url: string
  port: number
  dataPath: string
  /** The one-time code of an installation without an administrator, else null. */
  setupCode: string | null
  pid: number
  /** Everything printed so far. */
  log(): string
  /** Asks it to stop as Ctrl-C does and removes the data folder made for it. Throws when it does not stop in time. */
  stop(): Promise<void>
  /** SIGKILL to the server alone, as a crash: what it started must notice by itself. The data stays. */
  kill(): Promise<void>
}

/**
 * Starts the production server as people do, in a process of its own, and waits until it serves.
 *
 * To start again on what a killed one left, pass its `dataPath` and `port`; a data folder that was passed stays.
 * The build is made first when it is stale. A server that was not stopped dies with the test's process.
 * @param options.env settings over the defaults of a test (127.0.0.1, a free port, silent log)
 */
export async function startPeekr(
  options: { env?: Record<string, string>; dataPath?: string; port?: number } = {},
): Promise<RunningPeekr> {
  await promisify(execFile)(process.execPath, [join(root, 'bin/launch.mjs'), 'build'])
  const dataPath = options.dataPath ?? (await mkdtemp(join(tmpdir(), 'peekr-')))
  const databaseUri = buildDatabaseUri(dataPath)
  const child = spawn(process.execPath, [...NODE_ARGUMENTS, 'bin/main.ts', 'start'], {
    cwd: root,
    env: buildServerEnv({
      ...NODE_ENVIRONMENT,
      ...(databaseUri && { MONGODB_URI: databaseUri }),
      PORT: String(options.port ?? 0),
      HOST: '127.0.0.1',
      PEEKR_DATA: dataPath,
      PEEKR_LOG_LEVEL: 'warn',
      ...options.env,
    }),
    // The channel is what makes the server stop when the test's process dies before it could.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const log = collectOutput(child)
  const stop = async () => {
    await stopServer(child, log)
    if (options.dataPath !== undefined) return
    await rm(dataPath, { recursive: true, force: true })
    if (databaseUri) await dropDatabase(databaseUri)
  }
  try {
    const url = await waitForUrl(child, log)
    const setupCode = /Setup code: (\S+)/.exec(log())?.[1] ?? null
    const kill = async () => {
      child.kill('SIGKILL')
      await waitForExit(child)
    }
    return { url, port: Number(new URL(url).port), dataPath, setupCode, pid: child.pid ?? 0, log, stop, kill }
  } catch (error) {
    signalGroup(child, 'SIGKILL')
    if (options.dataPath === undefined) await rm(dataPath, { recursive: true, force: true })
    throw error
  }
}

/** On the server MONGODB_URI names, a database of this data folder's own; null means the embedded one. */
function buildDatabaseUri(dataPath: string): string | null {
  if (!process.env.MONGODB_URI) return null
  const uri = new URL(process.env.MONGODB_URI)
  uri.pathname = `/peekr-server-${createHash('sha256').update(dataPath).digest('hex').slice(0, 12)}`
  return uri.href
}

async function dropDatabase(uri: string): Promise<void> {
  const connection = await mongoose.createConnection(uri).asPromise()
  await connection.dropDatabase()
  await connection.close()
}

/** This process's environment without what makes node:test of a child, or colours. */
function buildServerEnv(settings: Record<string, string>): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...inherited } = process.env
  return { ...inherited, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...settings }
}

function collectOutput(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return () => output
}

async function waitForUrl(child: ChildProcess, log: () => string): Promise<string> {
  for (const deadlineMs = Date.now() + START_MS; Date.now() < deadlineMs; await sleep(50)) {
    // The welcome is several lines; health says that all of them are printed and the server answers.
    const url = /Peekr is serving on (http:\/\/\S+)/.exec(log())?.[1]
    if (url && (await isHealthy(url))) return url
    if (child.exitCode !== null || child.signalCode !== null) break
  }
  throw new Error(`Peekr did not start within ${START_MS / 1000} s. It printed:\n${log()}`)
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(5000) })
  await response.arrayBuffer()
  return response.status === 200
}

async function stopServer(child: ChildProcess, log: () => string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
  const late = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS)
  await waitForExit(child)
  clearTimeout(late)
  const stopped = child.exitCode === 0 || (child.signalCode === 'SIGKILL' && child.killed)
  signalGroup(child, 'SIGKILL')
  if (!stopped)
    throw new Error(`Peekr did not stop cleanly (${child.exitCode ?? child.signalCode}):\n${log()}`)
}

async function waitForExit(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
