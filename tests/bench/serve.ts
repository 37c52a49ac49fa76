import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { runHttpLoad } from './http-load.ts'
import { hasNginx, startNginx } from './nginx.ts'
import type { SeededVideo } from './serve-seed.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const ROUNDS = 5
const ROUND_SECONDS = 1.5
const TASKSET = '/usr/bin/taskset'

export interface Measurement {
  metric: string
  value: number
  unit: string
  note: string
  [raw: string]: unknown
}

/**
 * P6: warm files through `peekr start` against nginx, side by side in turn, one core for each server, with a token
 * URL of a private video, so that every answer is authorised. Values are ratios of requests a second.
 */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  if (!hasNginx())
    throw new Error('This benchmark compares with nginx. Install it: apt-get install nginx-light')
  const workPath = await mkdtemp(join(tmpdir(), 'peekr-bench-serve-'))
  const dataPath = join(workPath, 'data')
  const environment = {
    ...process.env,
    PEEKR_DATA: dataPath,
    PEEKR_ROLE: 'web',
    PORT: '0',
    HOST: '127.0.0.1',
  }
  const seed = async (...args: string[]) =>
    (await run(process.execPath, ['tests/bench/serve-seed.ts', ...args], { cwd: ROOT, env: environment }))
      .stdout
  const video = JSON.parse(await seed('add')) as SeededVideo
  const stops: (() => Promise<unknown>)[] = []
  try {
    const nginx = await startNginx({ root: dataPath, workPath: join(workPath, 'nginx'), pin })
    stops.unshift(nginx.stop)
    const peekr = await startPeekr(environment)
    stops.unshift(peekr.stop)
    const commands = { peekr: peekr.command.join(' '), nginx: nginx.command.join(' ') }
    const compare = async (metric: string, file: string, connections: number, port: number) => {
      const samples = await measureInTurn(
        {
          peekr: { port: peekr.port, target: `${video.streamPath}/${file}` },
          nginx: { port, target: `${video.filePath}/${file}` },
        },
        connections,
      )
      // Each round against its neighbour: what else the machine does falls on both.
      const ratios = samples.peekr.map((value, round) => value / (samples.nginx[round] ?? Number.NaN))
      const value = Number(median(ratios).toFixed(3))
      const note = `requests/s, median of ${ROUNDS} rounds of ${ROUND_SECONDS} s each in turn, ${connections} connections`
      emit({ metric, value, unit: 'ratio', note, samples, commands })
    }
    await compare('serve.segment.vs_nginx', 'segment-00001.m4s', 8, nginx.port)
    await compare('serve.segment.vs_nginx_tuned', 'segment-00001.m4s', 8, nginx.tunedPort)
    await compare('serve.playlist.vs_nginx', 'media.m3u8', 32, nginx.port)
  } finally {
    for (const stop of stops) await stop()
    await seed('remove', video.videoId)
    await rm(workPath, { recursive: true })
  }
}

interface Side {
  port: number
  target: string
}

async function measureInTurn(sides: { peekr: Side; nginx: Side }, connections: number) {
  const samples: Record<'peekr' | 'nginx', number[]> = { peekr: [], nginx: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['nginx', 'peekr'] as const) {
      const result = await runHttpLoad({ ...sides[name], seconds: ROUND_SECONDS, connections })
      samples[name].push(Math.round(result.requestsPerSecond))
    }
  }
  return samples
}

/** The production entry point, with its own data folder. */
async function startPeekr(env: NodeJS.ProcessEnv) {
  const command = pin([process.execPath, 'bin/main.ts', 'start'])
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /serving on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) {
      child.stdout.resume() // what it says later must not fill the pipe
      return { port: Number(port), command, stop }
    }
  }
  await exited
  throw new Error('Peekr did not start; what it said is above')
}

/** Both servers on one core, in turn, and the client on another, where there are two. */
function pin(command: string[]): string[] {
  return existsSync(TASKSET) && availableParallelism() > 1 ? [TASKSET, '-c', '0', ...command] : command
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}
