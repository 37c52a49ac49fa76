import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDatabaseOf } from '../support/find-database-of.ts'
import { makeClip } from '../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { startPeekr } from '../support/server.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const SERVERS = 3
const READERS = 6
const PAUSE_MS = 30
/** A database that lived for 10 s is started again at once, so that readers meet one that comes and goes. */
const ALIVE_MS = 10_200
const ALIVE_RANDOM_MS = 1_500
/** A driver takes up to 7 s to notice; nothing that waits has a reason to wait for longer than this. */
const ANSWER_MS_MAX = 20_000
const BACK_MS_MAX = 10_000

interface Seen {
  requests: number
  hung: string[]
  slowestMs: number
}

/** SIGKILL to the database of servers that are read all the time; every request must end. Three servers at a time. */
export const killDuringReads: FaultCase = {
  promise:
    'While the embedded database is killed again and again, every request ends, and health is back within 10 s.',
  async run({ seed, kills, onProgress }) {
    const seen: Seen = { requests: 0, hung: [], slowestMs: 0 }
    const late: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'peekr-reads-'))
    try {
      const clip = await makeClip({ folder, seconds: 2, video: 'mpeg4' })
      const ofEach = Math.ceil(kills / SERVERS)
      const servers = Array.from({ length: Math.min(SERVERS, kills) }, (_, index) =>
        readWhileKilled({ clip, kills: ofEach, random: createRandom(seed + index), seen, late, onProgress }),
      )
      await Promise.all(servers)
      const figures = {
        kills: ofEach * servers.length,
        requests: seen.requests,
        'never answered': seen.hung.length,
        'slowest answer, ms': Math.round(seen.slowestMs),
      }
      return { figures, violations: [...seen.hung, ...late] }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface Reading {
  clip: string
  kills: number
  random: () => number
  seen: Seen
  late: string[]
  onProgress: (line: string) => void
}

async function readWhileKilled({ clip, kills, random, seen, late, onProgress }: Reading): Promise<void> {
  const peekr = await startPeekr({ env: { PEEKR_LOG_LEVEL: 'silent' } })
  try {
    const client = await openPeekrClient(peekr)
    const videoId = await client.upload(clip)
    await client.waitForEnd(videoId)
    const paths = [`/api/videos/${videoId}`, '/api/videos', '/api/health', '/api/jobs']
    const state = { over: false }
    const readers = Array.from({ length: READERS }, (_, index) =>
      readUntil(client, paths[index % paths.length] ?? '', seen, state),
    )
    for (let killed = 0; killed < kills; killed++) {
      await sleep(ALIVE_MS + random() * ALIVE_RANDOM_MS)
      const [database] = await findDatabaseOf(peekr.pid)
      if (database === undefined) throw new Error('The server has no embedded database.')
      process.kill(database, 'SIGKILL')
      if (!(await isBack(client))) late.push(`kill ${killed}: health is not back after ${BACK_MS_MAX} ms`)
      if (killed % 10 === 9)
        onProgress(`${killed + 1} kills, ${seen.requests} requests, ${seen.hung.length} never answered`)
    }
    await sleep(ANSWER_MS_MAX)
    state.over = true
    await Promise.all(readers)
  } finally {
    await peekr.stop()
  }
}

/** One request after another; any status is an answer. */
async function readUntil(
  client: PeekrClient,
  path: string,
  seen: Seen,
  state: { over: boolean },
): Promise<void> {
  while (!state.over) {
    const startedAtMs = performance.now()
    seen.requests++
    try {
      const answer = await fetch(client.url + path, {
        headers: { authorization: client.authorization },
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
      await answer.arrayBuffer()
      seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedAtMs)
    } catch (error) {
      seen.hung.push(`${path} after ${Math.round(performance.now() - startedAtMs)} ms: ${error}`)
    }
    await sleep(PAUSE_MS)
  }
}

async function isBack(client: PeekrClient): Promise<boolean> {
  for (const until = performance.now() + BACK_MS_MAX; performance.now() < until; await sleep(100)) {
    // A connection that was idle for long may be closed under it.
    const status = await client.call('GET', '/api/health').then((answer) => answer.status, String)
    if (status === 200) return true
  }
  return false
}
