import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { segmentName } from '../bench/serve-files.ts'
import type { SeededVideo } from '../bench/serve-seed.ts'
import { startPeekr } from '../bench/start-peekr.ts'
import type { FaultCase } from './fault-case.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const CACHE_MIB = 256
/** What P7 of performance.md allows beyond the cache. */
const BEYOND_CACHE_MIB_MAX = 250
const PAGE_MS_MAX = 500
/** 30 s from when the server began to send, which under load is not at once. */
const CUT_MS_MAX = 60_000
const RESUME_MS = 45_000
const REQUESTS_OF_STALLED = 16
const DESCRIPTORS = 16_384
/** Files the server may have open more than before: what a cache or a log opens, not one for each reader. */
const DESCRIPTORS_LEFT_MAX = 40

/**
 * Readers that stall and readers that play, each with a file of their own, then very many open connections. `kills` is
 * the share of it: 10 is 500 of each kind and 10,000 connections for a minute.
 */
export const manyReaders: FaultCase = {
  promise:
    'With 500 stalled and 500 active readers, and with 10,000 open connections, memory is bounded, pages answer within 500 ms, stalled readers are cut, and no descriptor is left.',
  async run({ kills, onProgress }) {
    const share = Math.min(1, kills / 10)
    const [readers, connections] = [Math.ceil(500 * share), Math.ceil(10_000 * share)]
    const violations: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'peekr-faults-'))
    // The server inherits what this process may open.
    await run('prlimit', ['--pid', String(process.pid), `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`])
    const { MONGODB_URI: _, ...environment } = process.env
    const env = {
      ...environment,
      ...{ PEEKR_DATA: join(folder, 'data'), PEEKR_ROLE: 'web', PEEKR_CACHE: `${CACHE_MIB}M` },
      ...{ PORT: '0', HOST: '127.0.0.1', PEEKR_LOG_LEVEL: 'warn' },
    }
    const seeded = await run(process.execPath, ['tests/bench/serve-seed.ts', 'add', '2000'], {
      cwd: ROOT,
      env,
    })
    const video = JSON.parse(seeded.stdout) as SeededVideo
    const server = await startPeekr(env)
    try {
      const world = { ...server, streamPath: video.streamPath }
      await askPage(server.port) // the first one loads its code
      const before = await countDescriptors(server.pid)

      const watch = watchServer(server)
      const stalledAtMs = performance.now()
      const stalled = Array.from({ length: readers }, (_, index) =>
        openConnection(world, { number: index, path: segmentName(1 + index), reads: false }),
      )
      const active = Array.from({ length: readers }, (_, index) => playUntil(world, index, 30_000 * share))
      const played = (await Promise.all(active)).reduce((sum, count) => sum + count, 0)
      const first = await watch.end()
      // In a share of it nobody waits for 30 s; that a stalled reader is cut has a test with a shorter time.
      const uncutOf = () => (share < 1 ? 0 : stalled.filter((socket) => !socket.closed).length)
      for (const socket of share < 1 ? [] : stalled) {
        while (!socket.closed && performance.now() - stalledAtMs < CUT_MS_MAX) await sleep(100)
      }
      const cutSeconds = Math.round((performance.now() - stalledAtMs) / 1000)
      const uncut = uncutOf()
      for (const socket of stalled) socket.destroy()
      onProgress(
        `${readers - uncut} stalled readers were cut while ${readers} others took ${played} segments`,
      )

      const watchMany = watchServer(server)
      const many: Socket[] = []
      for (let number = 0; number < connections; number++) {
        many.push(openConnection(world, { number, path: 'media.m3u8', reads: true }))
        if (number % 100 === 99) await sleep(20)
      }
      const opened = performance.now()
      while (performance.now() - opened < 60_000 * share) await sleep(100)
      const openAtEnd = many.filter((socket) => !socket.closed && socket.bytesRead > 10_000).length
      const second = await watchMany.end()
      for (const socket of many) socket.destroy()
      onProgress(`${openAtEnd} of ${connections} connections stayed open and had their answer`)

      let after = await countDescriptors(server.pid)
      for (let waits = 0; waits < 50 && after > before + DESCRIPTORS_LEFT_MAX; waits++) {
        await sleep(200)
        after = await countDescriptors(server.pid)
      }
      if (uncut > 0) violations.push(`${uncut} stalled readers were not cut within ${CUT_MS_MAX / 1000} s`)
      if (openAtEnd < connections)
        violations.push(`${connections - openAtEnd} connections got no answer or were closed`)
      if (after > before + DESCRIPTORS_LEFT_MAX)
        violations.push(`${after - before} descriptors were left open`)
      for (const [name, { mostMib, pagesMs }] of Object.entries({ readers: first, connections: second })) {
        const beyond = mostMib - CACHE_MIB
        if (beyond > BEYOND_CACHE_MIB_MAX) violations.push(`${name}: ${beyond} MiB beyond the cache`)
        const slow = percentile(pagesMs, 0.95)
        if (slow > PAGE_MS_MAX) violations.push(`${name}: a page took ${slow} ms (95th percentile)`)
      }
      const figures = {
        'stalled, and active, readers': readers,
        'segments taken by active readers': played,
        'most memory beyond the cache, MiB': first.mostMib - CACHE_MIB,
        'page, median and 95th percentile, ms': describe(first.pagesMs),
        'stalled readers not cut': uncut,
        'seconds until the last one was cut': cutSeconds,
        'open connections': openAtEnd,
        'most memory beyond the cache with them, MiB': second.mostMib - CACHE_MIB,
        'page with them, median and 95th percentile, ms': describe(second.pagesMs),
        'descriptors before and after': `${before}, ${after}`,
      }
      return { figures, violations }
    } finally {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface World {
  port: number
  streamPath: string
}

/** One source address gives some 28,000 ports, and looks like one client: 250 connections each, as homes and offices. */
function sourceAddress(number: number): string {
  const client = 1 + Math.floor(number / 250)
  return `127.0.${10 + Math.floor(client / 250)}.${1 + (client % 250)}`
}

function openConnection(
  { port, streamPath }: World,
  options: { number: number; path: string; reads: boolean },
): Socket {
  const { number, path, reads } = options
  const socket = connect({ port, host: '127.0.0.1', localAddress: sourceAddress(number) })
  socket.on('error', () => {}) // being cut is what becomes of some
  if (reads) socket.resume()
  else socket.pause()
  // The kernel takes several MiB for a reader that takes nothing; only what is more than that waits in the server.
  socket.write(requestFor(`${streamPath}/${path}`).repeat(reads ? 1 : REQUESTS_OF_STALLED))
  // A paused socket does not notice its end by itself; one that was not cut by then plays on.
  if (!reads) socket.once('connect', () => setTimeout(() => socket.resume(), RESUME_MS).unref())
  return socket
}

function requestFor(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
}

/** A player: takes segments of its own, with a rest after each. @returns how many it got whole */
async function playUntil(world: World, number: number, forMs: number): Promise<number> {
  const startedAt = performance.now()
  const socket = connect({ port: world.port, host: '127.0.0.1', localAddress: sourceAddress(number) })
  let missing = 0
  let arrived: (() => void) | null = null
  socket.on('data', (piece) => {
    if (missing === 0) {
      const head = piece.indexOf('\r\n\r\n')
      const length = /^content-length: (\d+)/im.exec(piece.subarray(0, head).toString('latin1'))?.[1]
      missing = Number(length) + head + 4
    }
    missing -= piece.length
    if (missing === 0) arrived?.()
  })
  const failed = new Promise<never>((_, reject) => socket.on('error', reject))
  failed.catch(() => {}) // whoever waits for a segment hears of it
  let played = 0
  while (performance.now() - startedAt < forMs) {
    const whole = new Promise<void>((resolve) => (arrived = resolve))
    socket.write(requestFor(`${world.streamPath}/${segmentName(1 + ((number * 37 + played) % 2000))}`))
    await Promise.race([whole, failed])
    played += 1
    await sleep(1_000 + (number % 10) * 100)
  }
  socket.destroy()
  return played
}

/** Looks at the server's memory and asks for a page, four times a second, until it is told to end. */
function watchServer({ pid, port }: { pid: number; port: number }) {
  let isOver = false
  let mostMib = 0
  const pagesMs: number[] = []
  const watching = (async () => {
    while (!isOver) {
      pagesMs.push(await askPage(port))
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      mostMib = Math.max(mostMib, Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024))
      await sleep(250)
    }
  })()
  return {
    async end() {
      isOver = true
      await watching
      return { mostMib, pagesMs }
    },
  }
}

async function askPage(port: number): Promise<number> {
  const startedAt = performance.now()
  const response = await fetch(`http://127.0.0.1:${port}/login`)
  const text = await response.text()
  if (response.status !== 200 || !text.includes('</html>'))
    throw new Error(`The page answered ${response.status}.`)
  return Math.round(performance.now() - startedAt)
}

async function countDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function describe(values: number[]): string {
  return `${percentile(values, 0.5)}, ${percentile(values, 0.95)}`
}
