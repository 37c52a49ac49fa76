import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { startPeekr } from '../support/server.ts'
import { measureLarge } from './database.ts'
import { fillVideos, VOCABULARY } from './fill-videos.ts'
import type { Measurement } from './serve.ts'

const FEW = 1_000
const MANY = 100_000
const ROUNDS = 12
/** Frequent, less frequent and rare words, beginnings of words, several words, and words nobody used. */
const SEARCHES = [
  'holiday',
  'hol',
  'b',
  ...[0, 30, 300, 3_000].map((n) => VOCABULARY[n] ?? ''),
  `holiday ${VOCABULARY[300]}`,
  `${VOCABULARY[100]} ${VOCABULARY[301]}`,
  'year-7',
  '77',
  'xyzzy',
]

type Emit = (measurement: Measurement) => void

interface Samples {
  listMs: number[]
  searchMs: number[]
}

/**
 * Pages of the library and searches in it, as a visitor asks for them over HTTP, with 1,000 and 100,000 videos: on the
 * embedded database, and on the server that MONGODB_URI names. Then the embedded database's start and memory.
 */
export async function runBench(emit: Emit): Promise<void> {
  const engines = new Map([
    ['embedded', { few: await measureEmbedded(FEW), many: await measureEmbedded(MANY) }],
  ])
  const other = process.env.MONGODB_URI
  if (other) {
    engines.set('other', { few: await measureOther(other, FEW), many: await measureOther(other, MANY) })
  } else console.error('Set MONGODB_URI to measure another server as well.')
  for (const kind of ['list', 'search'] as const) {
    const of = (samples: Samples) => (kind === 'list' ? samples.listMs : samples.searchMs)
    const p95s = [...engines].map(([name, { many }]) => [name, round(percentile(of(many)))] as const)
    emit({
      metric: `catalog.${kind}.p95_ms`,
      value: Math.max(...p95s.map(([, p95]) => p95)),
      unit: 'ms',
      note: `GET /api/videos${kind === 'list' ? ' (first and second page, newest first)' : `?q= (${SEARCHES.length} searches, ${ROUNDS} times each)`} with ${MANY} videos; the slower engine of: ${p95s.map((pair) => pair.join(' ')).join(', ')}`,
      samples: Object.fromEntries([...engines].map(([name, { many }]) => [name, of(many).map(round)])),
    })
  }
  const growths = [...engines].flatMap(([name, { few, many }]) => [
    [`${name} list`, round(percentile(many.listMs) / percentile(few.listMs))] as const,
    [`${name} search`, round(percentile(many.searchMs) / percentile(few.searchMs))] as const,
  ])
  emit({
    metric: 'catalog.growth',
    value: Math.max(...growths.map(([, growth]) => growth)),
    unit: 'ratio',
    note: `p95 with ${MANY} videos ÷ with ${FEW}; the largest of: ${growths.map((pair) => pair.join(' ')).join(', ')}`,
    samples: Object.fromEntries(growths),
  })
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-bench-'))
  try {
    await measureLarge(dataPath, emit)
  } finally {
    await rm(dataPath, { recursive: true, force: true })
  }
}

async function measureEmbedded(count: number): Promise<Samples> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-bench-'))
  try {
    const embedded = await startEmbeddedDatabase({ dataPath })
    const client = await MongoClient.connect(embedded.uri)
    await fillVideos(client.db('peekr'), count)
    await client.close()
    await embedded.stop()
    return await measureServer({ dataPath, env: { MONGODB_URI: '' } })
  } finally {
    await rm(dataPath, { recursive: true, force: true })
  }
}

async function measureOther(uri: string, count: number): Promise<Samples> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-bench-'))
  const database = `peekr-bench-catalog-${process.pid}`
  const client = await MongoClient.connect(uri)
  try {
    await fillVideos(client.db(database), count)
    const named = uri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?[^?]*/, `$1/${database}`)
    return await measureServer({ dataPath, env: { MONGODB_URI: named } })
  } finally {
    await client.db(database).dropDatabase()
    await client.close()
    await rm(dataPath, { recursive: true, force: true })
  }
}

async function measureServer(options: { dataPath: string; env: Record<string, string> }): Promise<Samples> {
  const peekr = await startPeekr(options)
  const samples: Samples = { listMs: [], searchMs: [] }
  try {
    const ask = async (query: string, into: number[]) => {
      const startedAtMs = performance.now()
      const response = await fetch(`${peekr.url}/api/videos${query}`)
      const page = (await response.json()) as { items: unknown[]; nextCursor: string | null }
      into.push(performance.now() - startedAtMs)
      if (response.status !== 200) throw new Error(`GET /api/videos${query} answered ${response.status}.`)
      return page
    }
    // What is loaded with the first request is no part of a page.
    for (let i = 0; i < 5; i++) await ask(`?q=${i}`, [])
    for (let round = 0; round < ROUNDS; round++) {
      for (const q of SEARCHES) {
        const { nextCursor } = await ask('', samples.listMs)
        if (nextCursor) await ask(`?cursor=${nextCursor}`, samples.listMs)
        await ask(`?q=${encodeURIComponent(q)}`, samples.searchMs)
      }
    }
  } finally {
    await peekr.stop()
  }
  return samples
}

function percentile(samples: number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.ceil(samples.length * 0.95) - 1] ?? 0
}

function round(value: number): number {
  return Number(value.toFixed(1))
}
