import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Collection, MongoClient, MongoServerError } from 'mongodb'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { configureLog } from '#lib/log'
import { createRandom, type FaultCase, type FaultOutcome } from './fault-case.ts'

const WORKERS = 8
const RUN_MS_MAX = 150
const BACK_MS_MAX = 20_000
/** An upload's kill takes seconds, a database's half of one: of these there are more in a run. */
const KILLS_FOR_ONE = 20

/** SIGKILL to the embedded database at random moments of mixed writes; then everything is read back. */
export const killDuringWrites: FaultCase = {
  promise: 'A database killed during writes loses none that it acknowledged, and keeps unique keys unique.',
  run({ seed, kills, onProgress }) {
    configureLog('silent') // Each kill is an error that the log would tell of.
    return runKillsDuringWrites({ seed, kills: kills * KILLS_FOR_ONE, onProgress })
  },
}

interface Item {
  _id: string
  /** Counts the changes of this item. */
  version: number
  /** Each is tried by two inserts, of which one must fail. */
  key: number
  /** In the text index: `item`, and `first` until it is written anew. */
  text: string
}

type Version = number | null

/**
 * What a worker knows of its items: the version that was acknowledged, and what an unanswered write may have made of
 * it. null is "not there".
 */
type Known = Map<string, Set<Version>>

export async function runKillsDuringWrites({
  seed,
  kills,
  onProgress,
}: {
  seed: number
  kills: number
  onProgress: (line: string) => void
}): Promise<FaultOutcome> {
  const random = createRandom(seed)
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-kills-'))
  const database = await startEmbeddedDatabase({ dataPath, healthyMs: 0 })
  const client = new MongoClient(database.uri, { serverSelectionTimeoutMS: 1_000, heartbeatFrequencyMS: 500 })
  const figures = {
    kills: 0,
    'acknowledged writes': 0,
    'acknowledged writes lost': 0,
    'duplicate unique keys': 0,
  }
  const violations: string[] = []
  try {
    const items = client.db('peekr').collection<Item>('items')
    await items.createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { version: -1 } },
      { key: { text: 'text' }, default_language: 'none' },
    ])
    const known: Known = new Map()
    const state = { next: 0, acknowledged: 0 }
    for (; figures.kills < kills; figures.kills++) {
      const pid = await findPid(client)
      const killed = { yet: false }
      const first = Promise.withResolvers<void>()
      // From the first answer on: on a loaded machine there would otherwise be nothing to lose.
      const timer = first.promise.then(() =>
        setTimeout(
          () => {
            killed.yet = true
            process.kill(pid, 'SIGKILL')
          },
          5 + random() * RUN_MS_MAX,
        ),
      )
      const workers = Array.from({ length: WORKERS }, (_, worker) =>
        write({ worker, items, known, state, random, isOver: () => killed.yet, onWritten: first.resolve }),
      )
      await Promise.all(workers)
      clearTimeout(await timer)
      await findPid(client)
      const lost = await compare(items, known)
      figures['acknowledged writes lost'] += lost.length
      violations.push(...lost.map((what) => `kill ${figures.kills}: ${what}`))
      if (figures.kills % 20 === 19) onProgress(`${figures.kills + 1} kills, ${state.acknowledged} writes`)
    }
    figures['acknowledged writes'] = state.acknowledged
    const duplicates = await countDuplicates(items)
    figures['duplicate unique keys'] = duplicates
    if (duplicates > 0) violations.push(`${duplicates} unique keys are there twice`)
  } finally {
    await client.close()
    await database.stop()
    await rm(dataPath, { recursive: true, force: true })
  }
  return { figures, violations }
}

interface Writing {
  worker: number
  items: Collection<Item>
  known: Known
  state: { next: number; acknowledged: number }
  random: () => number
  isOver: () => boolean
  onWritten: () => void
}

/** Writes one thing after another to items of its own, until the database is gone. */
async function write({ worker, items, known, state, random, isOver, onWritten }: Writing): Promise<void> {
  const mine: string[] = []
  while (!isOver()) {
    const kind = random()
    const chosen = mine[Math.floor(random() * mine.length)]
    const id = kind < 0.4 || !chosen ? `${worker}-${state.next++}` : chosen
    const before = known.get(id) ?? new Set<Version>([null])
    const [version = null] = before
    const after = kind < 0.4 || !chosen ? 1 : kind < 0.9 && version !== null ? version + 1 : null
    known.set(id, new Set([...before, after]))
    try {
      await change(items, id, after, kind)
      known.set(id, new Set([after]))
      state.acknowledged++
      onWritten()
      if (!mine.includes(id)) mine.push(id)
    } catch (error) {
      // A refused duplicate is an answer: nothing was written.
      if (!(error instanceof MongoServerError) || error.code !== 11000) return
      known.set(id, before)
    }
  }
}

async function change(items: Collection<Item>, id: string, version: Version, kind: number): Promise<void> {
  if (version === null) {
    await items.deleteOne({ _id: id })
  } else if (version === 1) {
    await items.insertOne({
      _id: id,
      version,
      key: Math.floor(Number(id.split('-')[1]) / 2),
      text: 'item first',
    })
  } else if (kind < 0.6) {
    await items.updateOne({ _id: id }, { $inc: { version: 1 } })
  } else if (kind < 0.8) {
    await items.findOneAndUpdate({ _id: id }, { $set: { version, text: `item v${version}` } })
  } else {
    await items.bulkWrite([{ updateOne: { filter: { _id: id }, update: { $inc: { version: 1 } } } }])
  }
}

/** What is stored against what may be; afterwards what is stored is what is known. */
async function compare(items: Collection<Item>, known: Known): Promise<string[]> {
  const lost: string[] = []
  const all = await items.find({}).toArray()
  const stored = new Map(all.map(({ _id, version }) => [_id, version]))
  for (const [id, versions] of known) {
    const version = stored.get(id) ?? null
    if (!versions.has(version)) {
      lost.push(`${id} has version ${version}, and ${[...versions].join(' or ')} was acknowledged`)
    }
    // What is gone stays gone: ids are never used again.
    if (version === null) known.delete(id)
    else known.set(id, new Set([version]))
  }
  for (const id of stored.keys()) if (!known.has(id)) lost.push(`${id} is there, though it was never written`)
  const indexed = await items.find({}).hint({ version: -1 }).toArray()
  if (indexed.length !== stored.size) {
    lost.push(`the index has ${indexed.length} items, the collection ${stored.size}`)
  }
  for (const word of ['item', 'first']) {
    const found = await items.countDocuments({ $text: { $search: word } })
    const wanted = all.filter(({ text }) => text.split(' ').includes(word)).length
    if (found !== wanted) lost.push(`the text index has '${word}' ${found} times, the collection ${wanted}`)
  }
  return lost
}

async function countDuplicates(items: Collection<Item>): Promise<number> {
  const twice = [{ $group: { _id: '$key', n: { $sum: 1 } } }, { $match: { n: { $gt: 1 } } }]
  return (await items.aggregate(twice).toArray()).length
}

/** Asks until it is answered: right after a kill, connections are refused until the database is back. */
async function findPid(client: MongoClient): Promise<number> {
  for (const until = Date.now() + BACK_MS_MAX; ; await sleep(20)) {
    try {
      return (await client.db('admin').command({ serverStatus: 1 })).pid
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}
