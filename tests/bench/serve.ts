import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { nginxSkip } from '../support/nginx-program.ts'
import { runHttpLoad, type Target } from './http-load.ts'
import { startNginx } from './nginx.ts'
import { COLD_SEGMENTS, segmentName } from './serve-files.ts'
import { measureMemory } from './serve-memory.ts'
import type { SeededVideo } from './serve-seed.ts'
import { type BenchServer, pin, startPeekr } from './start-peekr.ts'
import { median } from './statistics.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const ROUNDS = 5
const ROUND_SECONDS = 1.5
/** Peekr's default, of which P7 counts what goes beyond. */
const CACHE_MIB = 256

const CEILING =
  'no target: the same handler without the bytes (304), against the same 1 MB of nginx, is what Next leaves for the row above; '

export interface Measurement {
  metric: string
  value: number
  unit: string
  note: string
  [raw: string]: unknown
}

interface Side {
  port: number
  target: Target
  isKnown?: boolean
}

/**
 * P6 and P7: files through `peekr start` against nginx, side by side in turn, one core for each server, with a token
 * URL of a private video, so that every answer is authorised. Values of P6 are ratios of requests a second.
 */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  if (nginxSkip)
    throw new Error('This benchmark compares with nginx. Install it: apt-get install nginx-light')
  const workPath = await mkdtemp(join(tmpdir(), 'peekr-bench-serve-'))
  const dataPath = join(workPath, 'data')
  const environment = {
    ...process.env,
    PEEKR_DATA: dataPath,
    PEEKR_ROLE: 'web',
    PEEKR_CACHE: `${CACHE_MIB}M`,
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
    const compare = async (
      metric: string,
      sides: { peekr: Side; nginx: Side },
      connections: number,
      about = '',
    ) => {
      const samples = await measureInTurn(sides, connections)
      // Each round against its neighbour: what else the machine does falls on both.
      const ratios = samples.peekr.map((value, round) => value / (samples.nginx[round] ?? Number.NaN))
      const value = Number(median(ratios).toFixed(3))
      const rounds = `median of ${ROUNDS} rounds of ${ROUND_SECONDS} s each in turn after one more that does not count`
      const note = `${about}requests/s, ${rounds}, ${connections} connections`
      emit({ metric, value, unit: 'ratio', note, samples, commands })
    }
    let peekr = await startPeekr(environment)
    const commands = { peekr: peekr.command.join(' '), nginx: nginx.command.join(' ') }
    const stopPeekr = () => peekr.stop()
    stops.unshift(stopPeekr)
    const sides = (file: Target | (() => string), nginxPort: number) => {
      const place = (prefix: string): Target =>
        typeof file === 'string' ? `${prefix}/${file}` : () => `${prefix}/${file()}`
      return {
        peekr: { port: peekr.port, target: place(video.streamPath) },
        nginx: { port: nginxPort, target: place(video.filePath) },
      }
    }
    const warm = segmentName(0)
    await compare('serve.segment.vs_nginx', sides(warm, nginx.port), 8)
    await compare('serve.segment.vs_nginx_tuned', sides(warm, nginx.tunedPort), 8)
    await compare('serve.playlist.vs_nginx', sides('media.m3u8', nginx.port), 32)
    let cold = 0
    const coldSides = sides(() => segmentName(1 + (cold++ % COLD_SEGMENTS)), nginx.port)
    await compare('serve.cold.vs_nginx', coldSides, 8)
    if (cold > COLD_SEGMENTS) throw new Error('There were not enough cold segments: raise COLD_SEGMENTS.')

    await peekr.stop()
    peekr = await startPeekr({ ...environment, PEEKR_FRONT_DOOR: 'off' })
    await compare('serve.handler.segment.vs_nginx', sides(warm, nginx.port), 8)
    const known = sides(warm, nginx.port)
    await compare(
      'serve.handler.empty.vs_nginx',
      { ...known, peekr: { ...known.peekr, isKnown: true } },
      8,
      CEILING,
    )

    await peekr.stop()
    peekr = await startPeekr(environment)
    await emitMemory(emit, peekr, video.streamPath)
  } finally {
    for (const stop of stops) await stop()
    await seed('remove', video.videoId)
    await rm(workPath, { recursive: true })
  }
}

async function emitMemory(
  emit: (measurement: Measurement) => void,
  { pid, port, command }: BenchServer,
  streamPath: string,
): Promise<void> {
  const samples = await measureMemory({ pid, port, streamPath })
  emit({
    metric: 'serve.rss_over_cache_mb',
    value: samples.mostMb - CACHE_MIB,
    unit: 'MiB',
    note: `most resident memory of the server less the cache's ${CACHE_MIB} MiB, 500 stalled and 500 active readers`,
    samples,
    commands: { peekr: command.join(' ') },
  })
}

async function measureInTurn(sides: { peekr: Side; nginx: Side }, connections: number) {
  const samples: Record<'peekr' | 'nginx', number[]> = { peekr: [], nginx: [] }
  // The first round is what a server that runs for weeks is past: its code has not been compiled yet.
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of ['nginx', 'peekr'] as const) {
      const result = await runHttpLoad({ ...sides[name], seconds: ROUND_SECONDS, connections })
      if (round >= 0) samples[name].push(Math.round(result.requestsPerSecond))
    }
  }
  return samples
}
