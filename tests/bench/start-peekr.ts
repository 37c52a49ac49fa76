import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NODE_ARGUMENTS, NODE_ENVIRONMENT } from '../../bin/launch/node-settings.mjs'

const ROOT = join(import.meta.dirname, '../..')
const TASKSET = '/usr/bin/taskset'

export interface BenchServer {
  port: number
  pid: number
  command: string[]
  stop(): Promise<void>
}

/** The production entry point in a process of its own, on the servers' core. */
export async function startPeekr(env: NodeJS.ProcessEnv): Promise<BenchServer> {
  const command = pin([process.execPath, ...NODE_ARGUMENTS, 'bin/main.ts', 'start'])
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...NODE_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /serving on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) {
      child.stdout.resume() // what it says later must not fill the pipe
      return { port: Number(port), pid: child.pid ?? 0, command, stop }
    }
  }
  await exited
  throw new Error('Peekr did not start; what it said is above')
}

/** Both servers on one core, in turn, and the client on another, where there are two. */
export function pin(command: string[]): string[] {
  return existsSync(TASKSET) && availableParallelism() > 1 ? [TASKSET, '-c', '0', ...command] : command
}
