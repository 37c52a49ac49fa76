import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Collection, type Db, MongoClient } from 'mongodb'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { type BenchVideo, buildVideo, buildVideoId, fillVideos } from './fill-videos.ts'
import type { Measurement } from './serve.ts'
import { median } from './statistics.ts'

const ROUNDS = 5
/** As many requests at once as a busy server has; both sides get the same. */
const CALLERS = 8
/** A slow side does fewer operations rather than hold up the run. */
const ROUND_MS_MAX = 2_000
const DOCUMENTS = 10_000
const VIDEOS = 100_000
const START_ROUNDS = 7

type Emit = (measurement: Measurement) => void

type Videos = Collection<BenchVideo>

/**
 * The embedded database beside the server that MONGODB_URI names, in turn in one run; then how long it takes from
 * nothing to its first answer, and its memory, with 100,000 videos.
 */
export async function runBench(emit: Emit): Promise<void> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-bench-'))
  try {
    const other = process.env.MONGODB_URI
    if (other) await compareRates(dataPath, other, emit)
    else console.error('Set MONGODB_URI to compare with another server; only the start is measured now.')
    await measureLarge(join(dataPath, 'large'), emit)
  } finally {
    await rm(dataPath, { recursive: true, force: true })
  }
}

interface Operation {
  metric: string
  count: number
  note: string
  run(videos: Videos, n: number): Promise<unknown>
}

const OPERATIONS: Operation[] = [
  {
    metric: 'database.insert_many',
    count: 20,
    note: 'insertMany of 500',
    run: (videos, n) =>
      videos.insertMany(Array.from({ length: 500 }, (_, i) => buildVideo(n * 500 + i, 'many'))),
  },
  {
    metric: 'db.insert.vs_documentdb',
    count: 400,
    note: 'insertOne',
    run: (videos, n) => videos.insertOne(buildVideo(n, 'new')),
  },
  {
    metric: 'db.find_id.vs_documentdb',
    count: 2000,
    note: 'findOne by _id',
    run: (videos, n) => videos.findOne({ _id: buildVideoId((n * 7919) % DOCUMENTS, 'base') }),
  },
  {
    metric: 'db.find_index.vs_documentdb',
    count: 500,
    note: 'a page of 24 of an owner, newest first, through an index',
    run: (videos, n) =>
      videos
        .find({ deletedAt: null, ownerId: `owner-${n % 100}` })
        .sort({ createdAt: -1 })
        .limit(24)
        .toArray(),
  },
  {
    metric: 'db.find_and_modify.vs_documentdb',
    count: 400,
    note: 'findOneAndUpdate by _id',
    run: (videos, n) =>
      videos.findOneAndUpdate(
        { _id: buildVideoId((n * 7919) % DOCUMENTS, 'base') },
        { $inc: { views: 1 }, $set: { updatedAt: new Date() } },
        { returnDocument: 'after' },
      ),
  },
]

async function compareRates(dataPath: string, otherUri: string, emit: Emit): Promise<void> {
  const embedded = await startEmbeddedDatabase({ dataPath })
  const clients = [new MongoClient(embedded.uri), new MongoClient(otherUri)]
  const databases = clients.map((client) => client.db(`peekr-bench-${process.pid}`))
  try {
    const sides = await Promise.all(databases.map((db) => fillVideos(db, DOCUMENTS)))
    let made = 0
    for (const operation of OPERATIONS) {
      const samples: number[][] = [[], []]
      for (let round = 0; round < ROUNDS; round++) {
        const first = made
        made += operation.count
        // Whoever goes first changes with each round, so neither gains by the other's warming.
        for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
          samples[side]?.push(await measureRate(operation, sides[side] as Videos, first))
        }
      }
      const [ours = [], theirs = []] = samples
      emit({
        metric: operation.metric,
        value: Number((median(ours) / median(theirs)).toFixed(2)),
        unit: 'ratio',
        note: `${operation.note}: median of ${ROUNDS} rounds of ${operation.count} (or ${ROUND_MS_MAX / 1000} s) by ${CALLERS} callers, operations a second, embedded ÷ ${otherUri.replace(/\/\/[^@/]*@/, '//')}`,
        samples: { embedded: ours.map(Math.round), other: theirs.map(Math.round) },
      })
    }
  } finally {
    for (const db of databases) await db.dropDatabase()
    for (const client of clients) await client.close()
    await embedded.stop()
  }
}

/** Operations a second; the callers share one counter. */
async function measureRate(operation: Operation, videos: Videos, first: number): Promise<number> {
  let next = first
  const startedAtMs = performance.now()
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < first + operation.count && performance.now() < startedAtMs + ROUND_MS_MAX) {
        await operation.run(videos, next++)
      }
    }),
  )
  return ((next - first) / (performance.now() - startedAtMs)) * 1000
}

/** The time is that of a process that starts now, as `peekr start` does it: child, socket, first document. */
export async function measureLarge(dataPath: string, emit: Emit): Promise<void> {
  const rss: number[] = []
  await withDatabase(dataPath, async (db) => {
    await fillVideos(db, VIDEOS)
    rss.push(await readRss(db))
  })
  const samples: number[] = []
  for (let round = 0; round < START_ROUNDS; round++) {
    const startedAtMs = performance.now()
    await withDatabase(dataPath, async (db) => {
      await db.collection('videos').findOne({})
      samples.push(performance.now() - startedAtMs)
      if (round > 0) return
      const videos = db.collection<BenchVideo>('videos')
      for (const operation of OPERATIONS.slice(1)) await measureRate(operation, videos, 1_000_000)
      await videos.find({ title: /holiday 9999/i }).toArray()
      await videos.aggregate([{ $group: { _id: '$ownerId', n: { $sum: 1 } } }]).toArray()
      rss.push(await readRss(db))
    })
  }
  emit({
    metric: 'database.start_ms',
    value: Math.round(median(samples)),
    unit: 'ms',
    note: `median of ${START_ROUNDS}: child started, client connected, first document found among ${VIDEOS}`,
    samples: samples.map(Math.round),
  })
  emit({
    metric: 'database.rss_mb',
    value: Math.max(...rss),
    unit: 'MiB',
    note: `the larger of: after storing ${VIDEOS} videos with their indexes, and after reads, writes, a full scan and a full group in a new process`,
    samples: rss,
  })
}

async function readRss(db: Db): Promise<number> {
  const status = await db.admin().command({ serverStatus: 1 })
  return status.mem.resident
}

async function withDatabase(dataPath: string, use: (db: Db) => Promise<void>): Promise<void> {
  const { uri, stop } = await startEmbeddedDatabase({ dataPath })
  const client = new MongoClient(uri)
  try {
    await client.connect()
    await use(client.db('peekr'))
  } finally {
    await client.close()
    await stop()
  }
}
