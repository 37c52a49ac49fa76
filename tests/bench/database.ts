import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import type { Measurement } from './serve.ts'

const ROUNDS = 7
const DOCUMENTS = 1000

/** How long the embedded database takes from nothing to its first answer, on a folder that holds something already. */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-bench-'))
  try {
    await withDatabase(dataPath, async (client) => {
      const documents = Array.from({ length: DOCUMENTS }, (_, index) => ({ title: `Video ${index}` }))
      await client.db('peekr').collection('videos').insertMany(documents)
    })
    const samples: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const startedAtMs = performance.now()
      await withDatabase(dataPath, async (client) => {
        await client.db('peekr').collection('videos').findOne({})
        samples.push(performance.now() - startedAtMs)
      })
    }
    emit({
      metric: 'database.start_ms',
      value: Math.round(samples.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0),
      unit: 'ms',
      note: `median of ${ROUNDS}: child started, client connected, first document found among ${DOCUMENTS}`,
      samples,
    })
  } finally {
    await rm(dataPath, { recursive: true, force: true })
  }
}

async function withDatabase(dataPath: string, use: (client: MongoClient) => Promise<void>): Promise<void> {
  const { uri, stop } = await startEmbeddedDatabase({ dataPath })
  const client = new MongoClient(uri)
  try {
    await client.connect()
    await use(client)
  } finally {
    await client.close()
    await stop()
  }
}
